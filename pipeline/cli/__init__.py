"""The command line: `newsledger COMMAND`.

`app.py` is the composition root: it lists every command and turns errors into exit statuses. Each other module holds
one command or a small group of them and is named after it; a command reads its options, calls a step or the models,
and prints the result. `options.py` has the options that commands share, `console.py` everything that is shown: progress
bars, tables and the log. Start with `ingest.py`, the main job.
"""

import signal


def main() -> None:
    """Run `newsledger`. An interrupt while the commands are imported ends the process, which has done nothing yet."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    from pipeline.cli.app import main as run

    run()
