"""redact: what killed runs have left in the archive, which no event names, is erased too; a run that lasts is waited
for."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest

from pipeline.archive.exchange import Exchange
from pipeline.errors import LedgerLocked
from pipeline.ledger import Run
from pipeline.ledger.log import utc_now
from pipeline.steps.collect import collect
from pipeline.steps.maintain import unnamed_files
from pipeline.steps.redact import Redaction, RedactionRequest, redact
from pipeline.steps.run.stores import Stores
from pipeline.verification.archive_files import ArchivePart
from pipeline.verification.installation import verify_installation
from tests.worlds.ledgers import environment_of
from tests.worlds.stored import archive_file, archived_with, stored_files
from tests.worlds.world import World

pytestmark = [pytest.mark.slow, pytest.mark.ducklake]

RUN = """
import sys
from pathlib import Path
from pipeline.ledger import Run
from pipeline.settings import Settings
from pipeline.steps.run.stores import Stores

with Stores(Settings(data=Path(sys.argv[1])), Run("other")):
    print("running", flush=True)
    sys.stdin.read()
"""


def erase(world: World, path: str = "/a") -> Redaction:
    with world.stores() as stores:
        return redact(stores, RedactionRequest(world.web.base + path, "asked"))


def findings(world: World) -> tuple[object, ...]:
    return verify_installation(world.settings, world.ledger, utc_now(), archive=ArchivePart.ALL).findings


def test_what_a_killed_run_has_left_in_the_archive_is_erased(world: World) -> None:
    """At once, and however old it is."""
    world.ingest()
    files = stored_files(world.settings)
    file, left = archive_file(world.settings, "<h1>Ferry adrift"), "archive/2020/01/01/left.warc.gz"
    files[left] = files[file]  # a file that no event names
    files[file] += files[left]  # and records after the last that an event names
    assert unnamed_files(world.settings, world.ledger) == [left.removeprefix("archive/")]
    assert archived_with(world.settings, "<h1>Ferry adrift") == {file, left}
    before = files[left]
    redaction = erase(world)
    for erased in ("Ferry adrift", f"{world.web.base}/a"):
        assert archived_with(world.settings, erased) == set()
    assert archived_with(world.settings, "<h1>Harbour reopened") == {file, left}, "other articles stay"
    assert findings(world) == ()
    notes = files[left]
    files[left] = before
    assert len(findings(world)) == sum(record.warc_file.endswith("left.warc.gz") for record in redaction.records)
    files[left] = notes[:-1]
    assert len(findings(world)) == ("left.warc.gz" in redaction.records[-1].warc_file)
    del files[left]
    assert len(findings(world)) == 1


def exchange(url: str, body: str, *headers: tuple[bytes, bytes], status: int = 200) -> Exchange:
    return Exchange(
        url=url,
        request_headers=(),
        status=status,
        reason="",
        headers=headers,
        body_sent=body.encode(),
        fetched_at=utc_now(),
    )


def test_records_between_those_that_events_name_are_erased(world: World) -> None:
    """A run was killed after it had archived a feed and a redirect of one source, and recorded pages of another."""
    base = world.web.base
    with world.stores() as stores:
        stores.archive.write(exchange(f"{base}/other.xml", f"<link>{base}/a</link><title>Left between</title>"))
        stores.archive.write(exchange(f"{base}/short", "Left between", (b"Location", b"/a#top"), status=301))
        stores.archive.write(exchange(f"{base}/else.xml", "Left as it was"))
        collect(stores, [world.source])
    assert len(archived_with(world.settings, "Left between")) == 1
    erase(world)
    assert archived_with(world.settings, "Left between") == set()
    assert len(archived_with(world.settings, "Left as it was")) == 1
    assert findings(world) == ()


@pytest.mark.parametrize("kept_bytes", [-1, 24])
def test_half_a_record_is_erased(world: World, kept_bytes: int) -> None:
    """Nobody can say what it holds. Its writer was killed, or the disk was full."""
    world.ingest()
    files, file = stored_files(world.settings), archive_file(world.settings, "<h1>Ferry adrift")
    (page,) = world.rows("select warc_offset, warc_length from ledger.article_captured where url like '%/a'")
    content, start = files[file], page["warc_offset"]
    half = content[start : start + page["warc_length"]][:kept_bytes]
    files[file] += half
    erase(world)
    rest = files[file][len(content) :]
    assert len(rest) == len(half)
    assert rest[10:] != half[10:]
    assert not rest.strip(b" ").endswith(half[-10:])
    assert erase(world, "/b").records[-1].warc_offset < len(content), "what is erased is not erased again"
    assert files[file][len(content) :] == rest
    assert findings(world) == ()


@contextmanager
def another_run(data: Path) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [sys.executable, "-c", RUN, data],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | environment_of(data),
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "running\n"
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def test_an_erasure_waits_until_no_run_lasts_and_runs_wait_for_its_end(world: World) -> None:
    """A run that had begun before could archive a feed that lists the article afterwards, and be killed."""
    world.ingest()
    settings = world.settings.model_copy(update={"lock_timeout_seconds": 0.3})
    with another_run(settings.data) as running:
        with (
            Stores(settings, Run("erasure")) as stores,
            pytest.raises(
                LedgerLocked, match=r"other runs have not ended within 0.3 s.* nothing was erased, try again"
            ),
        ):
            redact(stores, RedactionRequest(f"{world.web.base}/a", "asked"))
        running.kill()  # the lock of a killed run is free
    with world.stores() as stores, ThreadPoolExecutor() as pool:
        with stores.alone():
            next_run = pool.submit(world.collect)
            with pytest.raises(TimeoutError):
                next_run.result(timeout=1)
        next_run.result(timeout=60)
    assert erase(world).counts["article_extracted"] == 1
