"""Kill commands at random moments and see that nothing is lost or doubled: `python -m tests.benchmarks.kills [KILLS]`.

Each round begins with an empty data directory. A run is killed in each phase from poll to publish, one after the other,
then repeated to its end; `maintain` and `backup` are killed and repeated, too. After each kill the ledger must verify;
at the end of a round, the articles must be those of an undisturbed run, and archive and backup must verify. Prints one
JSON line: kills by phase. Ends with status 1 at the first difference.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb
import msgspec

from pipeline.ledger import Ledger, verify
from tests.worlds.ledgers import compile_models, with_compiled_models
from tests.worlds.loopback import WebServer
from tests.worlds.running import ALLOW, COMMAND, entry, newsledger

KILLS = 200
PAGES = 30
SEED = 20
"""Start of the series of random moments, so that a run can be repeated."""


class Phase(msgspec.Struct, frozen=True):
    """A part of a command between two lines of its log."""

    name: str
    lines: int
    """Lines that the log has when it begins."""
    seconds: float
    """How long it takes if nothing disturbs it."""


class Trials:
    """One outlet, and what an undisturbed run makes of it."""

    def __init__(self, folder: Path, web: WebServer) -> None:
        self._folder, self._chance = folder, random.Random(SEED)
        self.kills: Counter[str] = Counter()
        links = [(f"/{n}", f"Story number {n}") for n in range(PAGES)]
        web.feed("/feed.xml", *links)
        for path, title in links:
            web.page(path, title, *(f"“{title} is true,” said Ada Quill, the mayor, on day {k}." for k in range(9)))
        self._sources = folder / "sources.toml"
        self._sources.write_text(entry("harbour", web.base))
        compile_models(folder / "compiled")
        undisturbed = self._new_data()
        self._ingest = self._phases(["ingest", "--sources", self._sources, "--data", undisturbed])
        self._truth = _articles(undisturbed)
        self._maintain = self._phases(["maintain", "--data", undisturbed])
        self._backup = self._phases(["backup", folder / "backup-0", "--data", undisturbed])

    def round(self, number: int) -> None:
        data, backup = self._new_data(), self._folder / f"backup-{number}"
        ingest = ["ingest", "--sources", self._sources, "--data", data]
        for phase in self._ingest:
            self._kill(ingest, phase, data)
        _must_end_well(ingest)
        for command, phases in (
            (["maintain", "--data", data], self._maintain),
            (["backup", backup, "--data", data], self._backup),
        ):
            self._kill(command, self._chance.choice(phases), data)
            _must_end_well(command)
        if _articles(data) != self._truth:
            sys.exit(f"round {number}: the articles are others than those of an undisturbed run")
        for place in (data, backup):
            _must_end_well(["verify", "--archive", "--full", "--data", place])

    def _new_data(self) -> Path:
        data = self._folder / f"data-{len([*self._folder.glob('data-*')])}"
        with_compiled_models(data, self._folder / "compiled")
        return data

    def _phases(self, command: Sequence[object]) -> list[Phase]:
        """The phases of a command, measured while it runs undisturbed."""
        process = _start(command)
        assert process.stderr is not None
        began, phases = time.monotonic(), list[Phase]()
        for line in process.stderr:
            ended = time.monotonic()
            phases.append(Phase(_name(line), len(phases), ended - began))
            began = ended
        phases.append(Phase(f"{command[0]}: its end", len(phases), time.monotonic() - began))
        if process.wait() != 0:
            sys.exit(f"{command[0]} fails undisturbed")
        return phases

    def _kill(self, command: Sequence[object], phase: Phase, data: Path) -> None:
        process = _start(command)
        assert process.stderr is not None
        for _ in range(phase.lines):
            process.stderr.readline()
        time.sleep(self._chance.uniform(0, phase.seconds))
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        if process.wait() == -signal.SIGKILL:
            self.kills[phase.name] += 1
        process.stderr.close()
        if Ledger.exists(data / "ledger.sqlite"):
            with Ledger.open(data / "ledger.sqlite") as ledger:
                if findings := verify(ledger).findings:
                    sys.exit(f"after a kill in {phase.name}: {findings[0]}")


def _start(command: Sequence[object]) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [COMMAND, *map(str, command)],
        env=os.environ | ALLOW,
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        start_new_session=True,
    )


def _must_end_well(command: Sequence[object]) -> None:
    done = newsledger(*command, env=ALLOW)
    if done.returncode != 0:
        sys.exit(f"{command[0]} after the kills: {done.stderr}")


def _name(line: bytes) -> str:
    """The first word of the event that a line of the log names."""
    return line.decode().partition("event=")[2].split()[0].strip('"')


def _articles(data: Path) -> list[tuple[object, ...]]:
    with duckdb.connect(data / "news.duckdb", read_only=True) as news:
        return news.execute(
            "select url, headline, text, (select count(*) from quotes where quotes.article_id = articles.article_id)"
            " from articles order by url"
        ).fetchall()


if __name__ == "__main__":
    wanted = int(sys.argv[1]) if len(sys.argv) > 1 else KILLS
    with TemporaryDirectory(prefix="newsledger-kills-") as name, WebServer() as server:
        trials, rounds = Trials(Path(name), server), 0
        while trials.kills.total() < wanted:
            rounds += 1
            trials.round(rounds)
        print(msgspec.json.encode({"kills": trials.kills.total(), "rounds": rounds, **trials.kills}).decode())
