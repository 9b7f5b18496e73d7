"""A request to stop is not lost, even if the exception of the signal's handler is."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import weakref
from collections.abc import Iterator

import pytest

from pipeline import models
from pipeline.stopping import listen, stop_if_asked
from tests.worlds.ledgers import NewData
from tests.worlds.world import World


@pytest.fixture(autouse=True)
def handlers() -> Iterator[None]:
    """The signals' handlers are afterwards what they were, and nothing is asked any more."""
    kept = [(number, signal.getsignal(number)) for number in (signal.SIGINT, signal.SIGTERM)]
    listen()
    yield
    listen()
    for number, handler in kept:
        signal.signal(number, handler)


class Passing:
    """What the callback below waits for."""


def be_asked_and_lose_it() -> None:
    """Get SIGTERM in the callback of a weak reference, whose exceptions Python only prints."""

    def called(_: object) -> None:
        os.kill(os.getpid(), signal.SIGTERM)
        for _ in range(100):
            pass

    passing = Passing()
    reference = weakref.ref(passing, called)
    del passing
    assert reference() is None


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.ducklake
def test_a_lost_request_to_stop_is_remembered(world: World, new_data: NewData) -> None:
    new_data(world.settings.data)
    stop_if_asked()
    be_asked_and_lose_it()
    with pytest.raises(KeyboardInterrupt):
        stop_if_asked()
    with pytest.raises(KeyboardInterrupt):
        world.ingest()
    with pytest.raises(KeyboardInterrupt):
        models.build(world.settings)
    listen()
    stop_if_asked()
    world.collect()
    models.build(world.settings)
    be_asked_and_lose_it()
    with pytest.raises(KeyboardInterrupt):
        models.build(world.settings, tested=models.Tested.ALL)
    listen()
    world.later(hours=1)
    world.collect()
    assert models.build(world.settings).models > 0, "an interrupted test of all rows leaves nothing in the file"


def test_a_request_that_arrives_ends_the_work_at_once() -> None:
    with pytest.raises(KeyboardInterrupt):
        os.kill(os.getpid(), signal.SIGTERM)
    with pytest.raises(KeyboardInterrupt):
        stop_if_asked()


INTERRUPTED_IMPORT = """
import signal, sys

class Interrupting:
    def find_spec(self, name, path=None, target=None):
        if name == "pipeline.cli.app":
            signal.raise_signal(signal.SIGINT)

sys.meta_path.insert(0, Interrupting())
from pipeline.cli import main
main()
"""


def test_an_interrupt_while_a_command_is_imported_shows_no_traceback() -> None:
    done = subprocess.run([sys.executable, "-c", INTERRUPTED_IMPORT], capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (-signal.SIGINT, b"")
