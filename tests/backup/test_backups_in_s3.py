"""A backup in S3 touches no object that it has not written, and is whole whatever the store does."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import pytest

from pipeline.backup import back_up
from pipeline.backup.bucket import BucketBackup
from pipeline.errors import LedgerLocked, StorageError
from pipeline.object_store import ObjectStore
from pipeline.places import S3Place
from pipeline.settings import Settings
from tests.worlds.ledgers import contents
from tests.worlds.restored import Restored, append
from tests.worlds.s3 import Answer, S3Server, denied

pytestmark = [pytest.mark.slow, pytest.mark.ducklake]


def test_a_prefix_with_other_objects_is_not_touched(
    filled: Settings, s3_server: S3Server, s3_place: S3Place, restored: Restored
) -> None:
    def put(key: str, content: bytes = b"mine") -> None:
        s3_server.client.put_object(Bucket=s3_place.bucket, Key=key, Body=content)

    put("desk-notes")
    put("desk/ledger/thesis.parquet")
    with pytest.raises(StorageError, match=rf"{s3_place}: is not empty .* \(it has ledger/thesis.parquet, and no"):
        back_up(filled, str(s3_place))
    put("desk/backup.json", b'{"first_append":null}')  # a folder was copied here
    with pytest.raises(StorageError, match=f"{s3_place}/backup.json: is no note of a backup in S3"):
        back_up(filled, str(s3_place))
    s3_server.client.delete_object(Bucket=s3_place.bucket, Key="desk/backup.json")
    s3_server.client.delete_object(Bucket=s3_place.bucket, Key="desk/ledger/thesis.parquet")
    back_up(filled, str(s3_place))
    put("desk/ledger/thesis.parquet")
    append(filled, "new")
    back_up(filled, str(s3_place))
    assert {"desk-notes", "desk/ledger/thesis.parquet"} < {*s3_server.keys(s3_place.bucket)}

    inner = f"{s3_place}/laptop"
    back_up(filled, inner)
    append(filled, "newer")
    back_up(filled, str(s3_place))
    assert contents(restored(inner).data) != contents(restored(str(s3_place)).data)
    s3_server.client.delete_object(Bucket=s3_place.bucket, Key="desk/backup.json")
    with pytest.raises(StorageError, match=f"{s3_place}: is not empty"):
        back_up(filled, str(s3_place))
    put("desk/laptop/archive/deeper/backup.json")
    with pytest.raises(StorageError, match=f"{inner}/archive/deeper/backup.json: is another backup's"):
        back_up(filled, inner)


def test_the_first_of_two_first_backups_is_kept(filled: Settings, s3_place: S3Place, restored: Restored) -> None:
    later = BucketBackup(s3_place, filled.local_catalog.name)
    with later.writing():
        back_up(filled, str(s3_place))
        with pytest.raises(LedgerLocked, match="another backup was made here meanwhile"):
            later.note(None)
    assert contents(restored(str(s3_place)).data) == contents(filled.data)


@pytest.mark.parametrize("key", ["archive/../../x", "archive/2026/../../../x"])
def test_a_backup_writes_nothing_outside_the_data_directory(
    filled: Settings, s3_server: S3Server, s3_place: S3Place, restored: Restored, key: str
) -> None:
    back_up(filled, str(s3_place))
    store = ObjectStore(s3_place)
    foreign = f'"files":["{key}.4-1770000000000000000",'.encode()
    store.put("backup.json", BytesIO(store.read("backup.json", 0, 1_000_000).replace(b'"files":[', foreign)))
    store.put(f"{key}.4-1770000000000000000", BytesIO(b"evil"))
    with pytest.raises(StorageError, match=f"{key}.* is missing or not whole"):
        restored(str(s3_place))


def test_a_store_that_fails_is_named_and_an_object_that_it_lost_is_copied_again(
    filled: Settings, s3_server: S3Server, s3_place: S3Place, restored: Restored
) -> None:
    place = str(s3_place)
    with pytest.raises(StorageError, match=r"^s3://no-such-bucket/: NoSuchBucket: "):
        back_up(filled, "s3://no-such-bucket")
    pages = filled.archive_root / "pages.warc.gz"
    pages.parent.mkdir()
    pages.write_bytes(b"first")
    back_up(filled, place)
    before = contents(filled.data)
    after = append(filled, "new")
    pages.write_bytes(b"first and second")
    s3_server.fail(lambda method, path: method == "PUT" and path.endswith("/backup.json"), denied, 1)
    with pytest.raises(StorageError, match=f"^{place}/backup.json: AccessDenied"):
        back_up(filled, place)
    with s3_server.gone(), pytest.raises(StorageError, match=f"^{place}/.*run the same again"):
        back_up(filled, place)
    earlier = restored(place)
    assert (contents(earlier.data), (earlier.archive_root / pages.name).read_bytes()) == (before, b"first")

    def write_on(server: S3Server, environ: dict[str, Any], start_response: Any) -> Answer:
        """A run goes on while the file is compared with what the backup has of it."""
        with pages.open("ab") as file:
            file.write(b" and fourth")
        return server._store(environ, start_response)

    pages.write_bytes(b"first and second and third")
    s3_server.fail(lambda method, path: method == "GET" and "/pages.warc.gz." in path, write_on, 1)
    back_up(filled, place)
    assert (restored(place).archive_root / pages.name).read_bytes() == b"first and second and third"

    key = next(key for key in s3_server.keys(s3_place.bucket) if "item_discovered" in key)
    s3_server.client.delete_object(Bucket=s3_place.bucket, Key=key)
    damaged = next(key for key in s3_server.keys(s3_place.bucket) if "/ledger/" in key)
    s3_server.client.put_object(Bucket=s3_place.bucket, Key=damaged, Body=b"short")
    with pytest.raises(
        StorageError, match=r"is missing or not whole, although backup.json names it, and so are 1 more"
    ):
        restored(place)
    assert back_up(filled, place).copied == 3, "the page, the lost and the damaged object"
    assert contents(restored(place).data) == after
    names = [key.rpartition(".")[0] for key in s3_server.keys(s3_place.bucket)]
    assert len(names) == len({*names}), "what it no longer lists is deleted"
