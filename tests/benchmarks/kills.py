"""Kill commands at random moments and see that nothing is lost or doubled: `python -m tests.benchmarks.kills [KILLS]`.

Each round has its own data directory. New pages appear before each kill, so every phase has work. The phase that was
killed least often in the round is next. At the end of a round all commands are run to their end; then every page must
be one article with its quotations, ledger and archive must verify, and so must what is restored from the backup. Prints
a JSON line for each round: kills by phase. Exit status 1 at the first difference.

With `--cluster`, catalog and locks are in a PostgreSQL server of its own, all files and the backup in an S3 server of
its own. With `--kept FILE`, the lines are also kept there, a run that is interrupted continues after the last of them,
and the file is deleted at the end.
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import chain, count, repeat
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec

from pipeline.models.recipe import read_recipe, recipe_digest
from pipeline.settings import Settings
from tests.worlds.loopback import WebServer
from tests.worlds.postgres import PostgresServer, binaries
from tests.worlds.running import ALLOW, COMMAND, entry, newsledger
from tests.worlds.s3 import S3Server

KILLS = 200
KILLS_A_ROUND = 20
PAGES = 2
"""New pages before each kill."""
QUOTES = 3
"""Quotations on each page."""
SEED = 20
"""Start of the series of random moments, so that a run can be repeated."""
ATTEMPTS = 3
"""A command may end before the kill, so at most this many are started for each kill that is wanted."""
_ARTICLES = """select headline, (select count(*) from quotes where quotes.article_id = articles.article_id) as quotes
from articles order by all"""


class Phase(msgspec.Struct, frozen=True):
    """A part of a command, from a line of its log to the next one."""

    name: str
    command: str
    after: str | None
    """The event in the log with which it begins; None if it begins when the command has been imported."""


PHASES = (
    Phase("poll", "ingest", None),
    Phase("capture", "ingest", "poll"),
    Phase("extract", "ingest", "capture"),
    Phase("annotate", "ingest", "extract"),
    Phase("models", "ingest", "models"),
    Phase("publish", "ingest", "publish"),
    Phase("maintain", "maintain", None),
    Phase("backup", "backup", None),
)


class Places(msgspec.Struct, frozen=True):
    """Where the ledger and its backup of a round are, if not in the round's folder."""

    settings: Mapping[str, str] = {}
    backup: str | None = None


class Round:
    """One outlet, the data directory `data` in the folder, in which the models are compiled, and its backup.

    Only commands in these `phases` are killed; `seconds` is how long each phase takes undisturbed, which is measured if
    it is not known.
    """

    def __init__(
        self,
        folder: Path,
        web: WebServer,
        seed: object,
        places: Places,
        phases: Sequence[Phase] = PHASES,
        seconds: Mapping[str, float] | None = None,
    ) -> None:
        self._folder, self._data, self._sources = folder, folder / "data", folder / "sources.toml"
        self._backup = folder / "backup" if places.backup is None else places.backup
        self._web, self._chance, self._pages = web, random.Random(str(seed)), 0
        self._env = {**ALLOW, **places.settings}
        self._phases = phases
        self.kills = Counter({phase.name: 0 for phase in phases})
        self._sources.write_text(entry("harbour", web.base))
        self._offer()
        self.seconds = self._measured() if seconds is None else seconds

    def kill(self, wanted: int) -> None:
        """Kill this many commands, spread evenly over the phases."""
        for _ in range(ATTEMPTS * wanted):
            if self.kills.total() == wanted:
                return
            self._offer()
            self._kill(min(self._phases, key=lambda phase: self.kills[phase.name]))
        raise AssertionError(f"too many commands ended before they could be killed: {self.kills}")

    def finish(self) -> None:
        """Run everything to its end. Raises AssertionError if something is lost, doubled or damaged."""
        for command in ("ingest", "maintain", "backup"):
            self._run(*self._arguments(command))
        published = self._run("sql", _ARTICLES, "--format", "jsonl", "--data", self._data).splitlines()
        titles = sorted(_title(number) for number in range(self._pages))
        assert [*map(msgspec.json.decode, published)] == [{"headline": each, "quotes": QUOTES} for each in titles]
        verified = self._run("verify", "--archive", "--full", "--data", self._data)
        restored = self._run("restore", self._backup, "--data", self._folder / "restored", env=ALLOW)
        assert verified.splitlines()[-1] == restored.splitlines()[-1], "the backup ends with the ledger"

    def _run(self, *arguments: object, env: Mapping[str, str] | None = None) -> str:
        """Run a command to its end, and return what it prints."""
        done = newsledger(*arguments, env=self._env if env is None else env)
        assert done.returncode == 0, f"{arguments} after the kills: {done.stderr}"
        return done.stdout

    def _offer(self) -> None:
        """Put new pages into the feed."""
        self._pages += PAGES
        self._web.feed("/feed.xml", *((f"/{n}", _title(n)) for n in range(self._pages)))
        for n in range(self._pages - PAGES, self._pages):
            said = (f"“{_title(n)} is true,” said Ada Quill, the mayor, on day {k}." for k in range(QUOTES))
            self._web.page(f"/{n}", _title(n), *said)

    def _measured(self) -> dict[str, float]:
        """The seconds that each phase takes undisturbed; those that begin with a command include its imports."""
        seconds = dict[str, float]()
        for command in dict.fromkeys(phase.command for phase in PHASES):
            process = self._start(command)
            assert process.stderr is not None
            began, event = time.monotonic(), None
            for line in chain(process.stderr, [b""]):
                now = time.monotonic()
                seconds |= {p.name: now - began for p in PHASES if (p.command, p.after) == (command, event)}
                began, event = now, _event(line)
            assert process.wait() == 0, f"{command} fails undisturbed"
            process.stderr.close()
        return seconds

    def _kill(self, phase: Phase) -> None:
        process = self._start(phase.command)
        assert process.stderr is not None
        if phase.after is not None:
            while (line := process.stderr.readline()) and _event(line) != phase.after:
                pass
        # the first half of a command's first phase are its imports
        first = 0.5 if phase.after is None else 0.0
        time.sleep(self.seconds[phase.name] * self._chance.uniform(first, 0.9))
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        self.kills[phase.name] += process.wait() == -signal.SIGKILL
        process.stderr.close()

    def _start(self, command: str) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [COMMAND, *map(str, self._arguments(command))],
            env=os.environ | self._env,
            stderr=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            start_new_session=True,
        )

    def _arguments(self, command: str) -> Sequence[object]:
        given: dict[str, Sequence[object]] = {"ingest": ("--sources", self._sources), "backup": (self._backup,)}
        return command, *given.get(command, ()), "--data", self._data


def _title(number: int) -> str:
    return f"Story number {number}"


def _event(line: bytes) -> str:
    """The event that a line of the log names."""
    return line.decode().partition("event=")[2].partition(" ")[0].strip().strip('"')


class Finished(msgspec.Struct, frozen=True):
    """A line of the results."""

    round: int
    kills: dict[str, int]


def _kept(path: Path | None) -> list[Finished]:
    if path is None or not path.exists():
        return []
    return [msgspec.json.decode(line, type=Finished) for line in path.read_bytes().splitlines()]


@contextmanager
def _places(cluster: bool, folder: Path) -> Iterator[Iterator[Places]]:
    """The places of each round. The folder is for the address of the S3 server, which is in no variable."""
    if not cluster:
        yield repeat(Places())
        return
    programs = binaries()
    if programs is None:
        sys.exit("PostgreSQL's server is not installed")
    with PostgresServer.running(programs) as postgres, S3Server.running() as s3:
        aws_settings = folder / "aws-config"
        aws_settings.write_text(s3.aws_settings)
        os.environ |= {"AWS_CONFIG_FILE": str(aws_settings), "AWS_SHARED_CREDENTIALS_FILE": os.devnull}
        yield (cluster_places(postgres, s3) for _ in count())


def cluster_places(postgres: PostgresServer, s3: S3Server) -> Places:
    """A new database, and a new bucket for all files and the backup."""
    bucket = f"s3://{s3.new_bucket()}"
    settings = {"NEWSLEDGER_CATALOG": postgres.new_database(), "NEWSLEDGER_STORAGE": f"{bucket}/desk"}
    return Places(settings, f"{bucket}/backup")


def main(kills: int, kept: Path | None, *, cluster: bool) -> None:
    finished = _kept(kept)
    with (
        TemporaryDirectory(prefix="newsledger-kills-") as name,
        WebServer() as server,
        _places(cluster, Path(name)) as places,
    ):
        os.environ.setdefault("NEWSLEDGER_COMPILED_MODELS", str(Path(name) / "compiled"))
        settings = Settings(data=Path(name))
        read_recipe(settings, recipe_digest(settings))
        while (left := kills - sum(sum(each.kills.values()) for each in finished)) > 0:
            number = len(finished) + 1
            with TemporaryDirectory(dir=name) as folder:
                (Path(folder) / "data").mkdir()
                trials = Round(Path(folder), server, f"{SEED}-{number}", next(places))
                trials.kill(min(left, KILLS_A_ROUND))
                trials.finish()
            finished.append(Finished(number, dict(trials.kills)))
            line = msgspec.json.encode(finished[-1])
            print(line.decode(), flush=True)
            if kept is not None:
                with kept.open("ab") as file:
                    file.write(line + b"\n")
    total = sum((Counter(each.kills) for each in finished), Counter[str]())
    print(msgspec.json.encode({"kills": total.total(), "rounds": len(finished), **total}).decode())
    if kept is not None:
        kept.unlink()


if __name__ == "__main__":
    options = argparse.ArgumentParser()
    options.add_argument("kills", nargs="?", type=int, default=KILLS)
    options.add_argument("--kept", type=Path)
    options.add_argument("--cluster", action="store_true")
    given = options.parse_args()
    try:
        main(given.kills, given.kept, cluster=given.cluster)
    except AssertionError as exc:
        sys.exit(str(exc))
