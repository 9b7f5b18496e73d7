"""Whatever a disk or a person makes of the small files that newsledger writes for itself, no command ends in a
traceback."""

from __future__ import annotations

import re
from pathlib import Path

import msgspec
import pytest

from pipeline.backup.place import NOTE, FolderBackup
from pipeline.errors import SettingsError, StorageError
from pipeline.json_files import decoded
from pipeline.seen_ledgers import noted_ledger
from pipeline.settings import Settings
from pipeline.shared_files import LocalFiles
from pipeline.verification.checkpoint_file import CheckpointFile, VerifyProgress
from pipeline.verification.heads import read_anchors
from pipeline.verification.remembered import LastVerification, last_verification

BROKEN = {
    "empty": b"",
    "cut off": b'{"at": "2026',
    "no UTF-8": b'{"at": "\xff", "place": "\xff", "first_append": "\xff", "checkpoint": "\xff", "verified_at": "\xff"}',
    "nested deeply": b'{"x":' + b"[" * 100_000,
    "no object": b"7",
    "a time without a zone": b'{"at": "2026-03-02T00:00:00", "position": 1, "digest": "", "place": 1, "end": 1,'
    b' "first_append": 1, "verified_at": "2026-03-02T00:00:00", "appends": 1, "events": 1, "records": 1, "findings": 0,'
    b' "first_finding": null}',
}


@pytest.fixture(params=[*BROKEN.values()], ids=[*BROKEN])
def broken(request: pytest.FixtureRequest) -> bytes:
    content: bytes = request.param
    return content


def test_it_is_one_kind_of_error(broken: bytes) -> None:
    with pytest.raises(msgspec.DecodeError):
        decoded(broken, LastVerification)


def test_each_file_is_named_or_counts_as_missing(broken: bytes, tmp_path: Path) -> None:
    settings = Settings(data=tmp_path)
    for path in (settings.checkpoint_file, settings.verification_file, settings.anchors_file, tmp_path / NOTE):
        path.write_bytes(broken)
    assert CheckpointFile(settings.checkpoint_file, LocalFiles()).progress == VerifyProgress()
    assert last_verification(settings) is None
    (*damage,) = read_anchors(settings).damage
    assert len(damage) == len(broken.splitlines())
    assert all(re.match(r".*anchors\.jsonl: line 1 is no anchor", each) for each in damage)
    with pytest.raises(StorageError, match=r"backup\.json: is no note of a backup .*; use another folder"):
        FolderBackup(tmp_path, "ledger.sqlite").first_append()


@pytest.mark.parametrize("name", ["cut off", "no UTF-8", "nested deeply"])
def test_a_ledger_that_was_not_noted_like_this_is_an_error_with_the_file_s_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    settings = Settings(data=tmp_path / "data")
    settings.seen_ledgers_file.parent.mkdir(parents=True)
    settings.seen_ledgers_file.write_bytes(BROKEN[name])
    with pytest.raises(SettingsError) as raised, noted_ledger(settings):
        pass
    assert str(raised.value).startswith(f"{settings.seen_ledgers_file}: ")
    assert str(raised.value).endswith("delete the line")
    assert len(str(raised.value)) < 500
