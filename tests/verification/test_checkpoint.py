"""A verification begins where the last one ended, reads what was written since, and resumes when it was interrupted."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from importlib import import_module
from pathlib import Path

import msgspec
import pytest

from pipeline.ledger import Ledger, Run
from pipeline.ledger.checkpoint import file_states
from pipeline.ledger.event_files import event_files
from pipeline.ledger.log import utc_now
from pipeline.settings import Settings
from pipeline.shared_files import shared_files
from pipeline.steps.maintain import merge_files
from pipeline.steps.run.progress import Progress
from pipeline.verification.archive_files import ArchivePart
from pipeline.verification.checkpoint_file import CheckpointFile
from pipeline.verification.installation import verify_installation, verify_weekly
from tests.worlds.ledgers import copy_installation, empty_ledger, settings_at
from tests.worlds.running import newsledger
from tests.worlds.stored import archive_file, stored_files
from tests.worlds.stories import item
from tests.worlds.verified import append, change, prove
from tests.worlds.world import World

pytestmark = [pytest.mark.slow, pytest.mark.ducklake]


def file_of_items(settings: Settings) -> str:
    return min(name for name in stored_files(settings) if name.startswith("ledger/main/item_discovered/"))


def flip_a_bit(settings: Settings, name: str) -> None:
    files = stored_files(settings)
    content = bytearray(files[name])
    content[len(content) // 4] ^= 1
    files[name] = bytes(content)


def test_only_new_events_are_read_and_it_says_since_when_every_event_was(settings: Settings) -> None:
    assert prove(settings).events_read == 0
    append(settings, "four")
    proof = prove(settings)
    assert (proof.events_read, proof.events, proof.findings) == (2, 8, ())
    later = utc_now() + timedelta(days=1)
    assert prove(settings, later).read_since == proof.read_since
    full = prove(settings, later, full=True)
    assert (full.events_read, full.read_since) == (8, later)


TITLE = "update ledger.item_discovered set title = 'x' where position = 1"
SEEN_WITHOUT_FULL: dict[str, tuple[Callable[[Settings], object], str]] = {
    "an event changed through DuckLake": (lambda settings: change(settings, TITLE), "append 1 .* not those that were"),
    "a bit flipped in a file": (
        lambda settings: flip_a_bit(settings, file_of_items(settings)),
        "append 1 |cannot be read",
    ),
    "a file removed": (
        lambda settings: stored_files(settings).pop(file_of_items(settings)),
        r"file \S+\.parquet: is missing",
    ),
    "an event removed": (
        lambda settings: change(settings, "delete from ledger.item_discovered where position = 2"),
        "append 1 .*: holds 1 events, 2 were recorded",
    ),
    "the run of an append changed": (
        lambda settings: change(settings, "update ledger.appends set run_id = 'other' where append_no = 1"),
        "append 1 .*: was recorded by r at .*, as its events say, not by other at ",
    ),
    "an append removed": (
        lambda settings: change(settings, "delete from ledger.appends where append_no = 1"),
        "append 2 .*: follows append 0",
    ),
}


@pytest.mark.parametrize(("tamper", "message"), SEEN_WITHOUT_FULL.values(), ids=SEEN_WITHOUT_FULL)
def test_what_was_written_since_the_checkpoint_is_read_again(
    settings: Settings, tamper: Callable[[Settings], object], message: str
) -> None:
    tamper(settings)
    findings = [finding.text for finding in prove(settings).findings]
    assert any(re.search(message, finding) for finding in findings), findings
    assert CheckpointFile(settings.checkpoint_file, shared_files(settings)).progress.end is not None
    assert prove(settings).findings != (), "a second verification does not forget it"


def test_what_the_file_system_does_not_show_is_found_by_full_and_by_maintenance(settings: Settings) -> None:
    """An event is changed, and the checkpoint made to trust the new files, as if a full run had been interrupted."""
    change(settings, TITLE)
    file = CheckpointFile(settings.checkpoint_file, shared_files(settings))
    assert file.progress.checkpoint is not None
    with Ledger.open(settings.ledger_catalog) as ledger:
        states = file_states(ledger, event_files(ledger))
    file.update(checkpoint=msgspec.structs.replace(file.progress.checkpoint, files=states))
    unfinished = {**msgspec.to_builtins(file.progress), "is_reading_all": True}  # as earlier versions wrote it
    forged = msgspec.json.encode(unfinished)
    stored_files(settings)["checkpoint.json"] = forged
    assert prove(settings).findings == ()
    stored_files(settings)["checkpoint.json"] = forged
    with Ledger.open(settings.ledger_catalog) as ledger:
        (finding,) = verify_weekly(settings, ledger, utc_now()).findings
    assert finding.text == "append 1 (positions 1-2): its events are not those that were recorded"
    stored_files(settings)["checkpoint.json"] = forged
    full = newsledger("verify", "--full", "--data", settings.data)
    assert full.returncode == 1
    assert finding.text in full.stderr


def test_a_data_file_that_the_catalog_no_longer_lists_is_missed_by_its_events(settings: Settings) -> None:
    with Ledger.open(settings.ledger_catalog) as ledger:
        ledger._con.execute("delete from ledger.item_discovered where position <= 2")
        states = file_states(ledger, event_files(ledger))
    file = CheckpointFile(settings.checkpoint_file, shared_files(settings))
    assert file.progress.checkpoint is not None
    file.update(checkpoint=msgspec.structs.replace(file.progress.checkpoint, files=states))
    file.save()
    (finding,) = prove(settings).findings
    assert finding.text == "tables: hold 4 events up to position 6, which must be 6"


def test_merged_files_and_copies_are_read_again(settings: Settings, tmp_path: Path) -> None:
    with Ledger.open(settings.ledger_catalog) as ledger:
        merge_files(ledger)
    proof = prove(settings)
    assert (proof.events_read, proof.findings) == (6, ())
    assert prove(settings).events_read == 0
    copy = settings_at(tmp_path / "copy")
    copy_installation(settings.data, copy.data)
    assert prove(copy).events_read == 6


@pytest.mark.one_host("objects are not renamed")
def test_files_of_a_data_directory_that_was_moved_are_not_read_again(settings: Settings, tmp_path: Path) -> None:
    settings.data.rename(tmp_path / "moved")
    assert prove(Settings(data=tmp_path / "moved")).events_read == 0


def test_a_checkpoint_that_cannot_be_is_ignored(settings: Settings) -> None:
    files = stored_files(settings)
    sound = files["checkpoint.json"]
    for field in (
        '"read_since":"2999-01-01T00:00:00Z"',
        '"read_since":"2020-01-01T00:00:00"',
        f'"append_no":1{"0" * 40}',
    ):
        name = field.partition(":")[0]
        files["checkpoint.json"] = re.sub(rf'{name}:("[^"]+"|\d+)'.encode(), field.encode(), sound)
        assert files["checkpoint.json"] != sound
        now = utc_now()
        proof = prove(settings, now)
        assert (proof.events_read, proof.read_since, proof.findings) == (6, now, ())


@pytest.mark.parametrize("content", [b"", b"{", b'{"checkpoint": 1}', b"\0\0\0"])
def test_without_a_readable_checkpoint_everything_is_read(settings: Settings, content: bytes) -> None:
    stored_files(settings)["checkpoint.json"] = content
    proof = prove(settings)
    assert (proof.events_read, proof.findings) == (6, ())


def test_a_ledger_that_no_longer_has_the_checkpoint_is_read_from_its_beginning(settings: Settings) -> None:
    empty_ledger(settings)
    append(settings, "other")
    proof = prove(settings)
    assert proof.events_read == 2
    (finding,) = proof.findings
    assert finding.text.startswith("head in checkpoint.json: the ledger ended at position 6, now at 2")
    assert "cut off" in prove(settings).findings[0].text


class Interrupted(Exception):
    pass


def interrupt(progress: Progress) -> None:
    raise Interrupted


def test_an_interrupted_verification_resumes(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """The third and the fourth append fill a window each."""
    window = 100
    monkeypatch.setattr(import_module("pipeline.ledger.verify"), "WINDOW_EVENTS", window)
    with Ledger.open(settings.ledger_catalog) as ledger:
        for n in range(2):
            ledger.append([item(f"{n}-{k}") for k in range(window)], Run("r"))
        now, events = utc_now(), 2 * window + 6
        for full, read in ((False, window), (True, events - window - 6)):
            with pytest.raises(Interrupted):
                verify_installation(settings, ledger, now, full=full, on_progress=interrupt)
            proof = verify_installation(settings, ledger, now + timedelta(days=3))
            assert (proof.events_read, proof.findings) == (read, ())
            assert proof.read_since <= now
            assert verify_installation(settings, ledger, now).events_read == 0
        with pytest.raises(Interrupted):
            verify_installation(settings, ledger, now, full=True, on_progress=interrupt)
        assert CheckpointFile(settings.checkpoint_file, shared_files(settings)).progress.end is not None
        again = verify_installation(settings, ledger, now, full=True)
        assert (again.events_read, again.read_since) == (events, now), "--full does not resume"


def test_an_interrupted_comparison_of_the_archive_resumes(world: World) -> None:
    world.settings = world.settings.model_copy(update={"warc_rotate_bytes": 1})
    world.collect()
    now = utc_now()
    with world.stores() as stores:

        def stop(progress: Progress) -> None:
            if progress.step == "verify archive" and progress.done == 1:
                raise Interrupted

        with pytest.raises(Interrupted):
            verify_installation(world.settings, stores.ledger, now, archive=ArchivePart.ALL, on_progress=stop)
        resumed = verify_installation(world.settings, stores.ledger, now, archive=ArchivePart.ALL)
        assert (resumed.records, resumed.records_read, resumed.findings) == (3, 2, ())
        for full in (False, True):
            with pytest.raises(Interrupted):
                verify_installation(world.settings, stores.ledger, now, archive=ArchivePart.ALL, on_progress=stop)
            again = verify_installation(world.settings, stores.ledger, now, archive=ArchivePart.ALL, full=full)
            assert again.records_read == (3 if full else 2), "--full does not rely on what was compared before"
        with pytest.raises(Interrupted):
            verify_installation(world.settings, stores.ledger, now, archive=ArchivePart.ALL, on_progress=stop)
        files, first = stored_files(world.settings), archive_file(world.settings)
        files[first] = bytes(len(files[first]))
        found = verify_installation(world.settings, stores.ledger, now, archive=ArchivePart.ALL)
        assert any("cannot be read" in finding.text for finding in found.findings), "it was written since"


def test_the_command_says_what_it_read(settings: Settings) -> None:
    append(settings, "four")
    done = newsledger("verify", "--data", settings.data)
    assert "8 events in 4 appends are as they were recorded" in done.stdout
    assert "2 events were read now, the others since 20" in done.stdout
    assert "(--full reads all)" in done.stdout
    assert "were read now" not in newsledger("verify", "--full", "--data", settings.data).stdout
