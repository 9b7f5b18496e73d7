"""redact: what a killed run has left in the archive, which no event names, is erased too."""

from __future__ import annotations

import shutil

import pytest

from pipeline.ledger.log import utc_now
from pipeline.steps.maintain import unnamed_files
from pipeline.steps.redact import RedactionRequest, redact
from pipeline.verification.archive_files import ArchivePart
from pipeline.verification.installation import verify_installation
from tests.worlds.running import files_with
from tests.worlds.world import World

pytestmark = pytest.mark.slow


def test_what_a_killed_run_has_left_in_the_archive_is_erased(world: World) -> None:
    world.ingest()
    archive = world.settings.archive_root
    (file,) = archive.rglob("*.warc.gz")
    left = file.with_name("left.warc.gz")
    shutil.copy(file, left)  # a file that no event names
    with file.open("ab") as tail:  # and records after the last that an event names
        tail.write(left.read_bytes())
    assert unnamed_files(world.settings, world.ledger) == [str(left.relative_to(archive))]
    assert len(files_with(archive, "Ferry adrift")) == 2
    world.later(days=2)  # no run may still record the feeds
    with world.stores() as stores:
        redact(stores, RedactionRequest(f"{world.web.base}/a", "asked"))
    assert files_with(archive, "Ferry adrift") == set()
    assert len(files_with(archive, "<h1>Harbour reopened")) == 2, "other articles stay"
    proof = verify_installation(world.settings, world.ledger, utc_now(), archive=ArchivePart.ALL)
    assert proof.findings == ()
