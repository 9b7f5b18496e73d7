"""The archive is WARC 1.1 that other software can read."""

from __future__ import annotations

import gzip
import io
import subprocess
import sys
import zlib
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from warcio.archiveiterator import ArchiveIterator  # type: ignore[import-untyped]

from pipeline.archive.archive import Archive, read_page
from pipeline.archive.erasing import LEAST_BYTES, erasure_note, unnamed_records
from pipeline.archive.exchange import Exchange
from pipeline.archive.s3_storage import Bucket
from pipeline.archive.storage import Folder, Location, Storage
from pipeline.archive.warc import PREVIOUS, Original
from pipeline.errors import ArchiveError
from pipeline.events import WarcType
from pipeline.ids import digest
from tests.worlds.stories import NOON


def exchange(body: bytes = b"<p>hello</p>", url: str = "https://news.example/a?x=1", **headers: str) -> Exchange:
    return Exchange(
        url=url,
        request_headers=(("Host", "news.example"), ("User-Agent", "newsledger/0.1")),
        status=200,
        reason="OK",
        headers=(
            (b"Content-Type", b"text/html"),
            *((name.encode(), value.encode()) for name, value in headers.items()),
        ),
        body_sent=body,
        fetched_at=NOON,
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "archive"


@pytest.fixture(params=["folder", "s3"])
def storage(request: pytest.FixtureRequest, tmp_path: Path) -> Storage:
    return Folder(tmp_path) if request.param == "folder" else Bucket(request.getfixturevalue("s3_place"))


@pytest.fixture
def archive(folder: Path) -> Iterator[Archive]:
    with Archive(Folder(folder), rotate_bytes=1_000_000, now=lambda: NOON) as opened:
        yield opened


def test_warcio_reads_every_record(archive: Archive, folder: Path) -> None:
    first = archive.write(exchange())
    second = archive.write(exchange(), lambda _: Original("https://news.example/a?x=1", NOON - timedelta(days=1)))
    archive.close()
    with (folder / first.location.warc_file).open("rb") as file:
        records = []
        for record in ArchiveIterator(file, check_digests=True):
            records.append((record.rec_type, record.rec_headers, record.content_stream().read()))
            assert record.digest_checker.passed is not False, record.digest_checker.problems
    assert [kind for kind, _, _ in records] == ["warcinfo", "request", "response", "request", "revisit"]
    request, response, revisit = (records[n][1] for n in (1, 2, 4))
    assert response.protocol == "WARC/1.1"
    assert response["WARC-Target-URI"] == "https://news.example/a?x=1"
    assert response["WARC-Date"] == "2026-03-02T12:00:00.000000Z"
    assert response["WARC-Payload-Digest"] == first.warc_payload_digest
    assert records[2][2] == b"<p>hello</p>"
    assert request["WARC-Concurrent-To"] == response["WARC-Record-ID"]
    assert second.warc_type is WarcType.REVISIT
    assert revisit["WARC-Profile"].endswith("/revisit/identical-payload-digest")
    assert revisit["WARC-Refers-To-Target-URI"] == "https://news.example/a?x=1"
    assert revisit["WARC-Refers-To-Date"] == "2026-03-01T12:00:00.000000Z"
    assert records[4][2] == b""
    members = [digest(Folder(folder).read(location)) for location, _ in unnamed_records(Folder(folder), ())]
    assert [headers[PREVIOUS] for _, headers, _ in records] == [None, *members[:-1]]


def test_a_record_is_read_by_file_offset_and_length(archive: Archive, folder: Path) -> None:
    stored = [archive.write(exchange(f"page {n}".encode(), f"https://news.example/{n}")) for n in range(5)]
    archive.close()
    for n, one in enumerate(stored):
        where = one.location
        member = (folder / where.warc_file).read_bytes()[where.warc_offset : where.warc_offset + where.warc_length]
        (record,) = ArchiveIterator(io.BytesIO(member))
        assert record.rec_headers["WARC-Target-URI"] == f"https://news.example/{n}"
        page = archive.read(where)
        assert (page.body, page.url, page.status, page.content_type) == (
            f"page {n}".encode(),
            f"https://news.example/{n}",
            200,
            "text/html",
        )


def test_a_compressed_body_is_archived_as_sent_and_read_decoded(archive: Archive, folder: Path) -> None:
    sent = gzip.compress(b"<p>hello</p>")
    stored = archive.write(exchange(sent, **{"Content-Encoding": "gzip", "Transfer-Encoding": "chunked"}))
    assert archive.read(stored.location).body == b"<p>hello</p>"
    archive.close()
    with (folder / stored.location.warc_file).open("rb") as file:
        record = next(record for record in ArchiveIterator(file) if record.rec_type == "response")
        assert record.raw_stream.read() == sent
        assert record.http_headers.get_header("Transfer-Encoding") is None


def test_files_are_rotated_by_size(storage: Storage) -> None:
    with Archive(storage, rotate_bytes=2_000, now=lambda: NOON) as archive:
        places = [archive.write(exchange(bytes(range(256)) * 8, f"https://x.example/{n}")).location for n in range(6)]
    files = {place.warc_file for place in places}
    assert len(files) > 1
    assert all(name.startswith("2026/03/02/newsledger-20260302120000-") for name in files)
    assert [read_page(storage, place).url for place in places] == [f"https://x.example/{n}" for n in range(6)]


def test_writers_at_the_same_moment_never_share_a_file(storage: Storage) -> None:
    archives = [Archive(storage, rotate_bytes=1_000, now=lambda: NOON) for _ in range(8)]
    files = [archive.write(exchange()).location.warc_file for archive in archives]
    assert len(set(files)) == len(files)


def test_what_was_saved_can_be_read_while_more_is_written(storage: Storage) -> None:
    with Archive(storage, rotate_bytes=1_000_000, now=lambda: NOON) as archive:
        first = archive.write(exchange(b"first"))
        save = archive.hand_over()
        second = archive.write(exchange(b"second"))
        save()
        assert archive.read(first.location).body == b"first"
    assert read_page(storage, second.location).body == b"second"


def test_a_record_is_overwritten_in_place(storage: Storage) -> None:
    with Archive(storage, rotate_bytes=1_000_000, now=lambda: NOON) as archive:
        first, second = archive.write(exchange(b"first")), archive.write(exchange(b"second"))
    note = erasure_note(first.location, NOON)
    storage.overwrite(first.location, note)
    assert storage.read(first.location) == note
    assert read_page(storage, second.location).body == b"second"
    left = [location.warc_offset for location, _ in unnamed_records(storage, ())]
    assert second.location.warc_offset in left and first.location.warc_offset not in left


def test_a_place_that_is_not_there_is_named(storage: Storage) -> None:
    with Archive(storage, rotate_bytes=1_000_000, now=lambda: NOON) as archive:
        stored = archive.write(exchange()).location
    for location in (Location(stored.warc_file, 10**6, 10), Location(stored.warc_file, stored.warc_offset, 10**6)):
        with pytest.raises(
            ArchiveError, match=f"{stored.warc_file} at {location.warc_offset}: the file ends too early"
        ):
            storage.read(location)
    for read in (storage.open, lambda name: storage.read(Location(name, 0, 10))):
        with pytest.raises(ArchiveError, match=r"^nowhere\.warc\.gz: there is no such file below "):
            read("nowhere.warc.gz")


def test_errors_name_file_and_offset(archive: Archive, folder: Path) -> None:
    stored = archive.write(exchange()).location
    archive.write(exchange())
    archive.close()
    path = folder / stored.warc_file
    with pytest.raises(ArchiveError, match=r"nowhere\.warc\.gz: there is no such file"):
        archive.read(Location("nowhere.warc.gz", 0, 10))
    with pytest.raises(ArchiveError, match=f"{stored.warc_file} at {stored.warc_offset + 1}: cannot be read"):
        archive.read(Location(stored.warc_file, stored.warc_offset + 1, stored.warc_length))
    with pytest.raises(ArchiveError, match="ends too early"):
        archive.read(Location(stored.warc_file, stored.warc_offset, 10**6))
    data = path.read_bytes()
    member = data[stored.warc_offset : stored.warc_offset + stored.warc_length]
    tampered = gzip.compress(gzip.decompress(member).replace(b"hello", b"olleh"))
    path.write_bytes(data[: stored.warc_offset] + tampered)
    with pytest.raises(ArchiveError, match="not what was archived"):
        archive.read(Location(stored.warc_file, stored.warc_offset, len(tampered)))


FULL_DISK = """
import resource, signal, sys
from pathlib import Path
from pipeline.archive.archive import Archive, read_page
from pipeline.archive.erasing import erasure_note, unnamed_records
from pipeline.archive.storage import Folder
from pipeline.archive.exchange import Exchange
from pipeline.errors import StorageError
from datetime import UTC, datetime
import os

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)

def exchange(body=b"<p>hello</p>"):
    return Exchange(url="https://news.example/a", request_headers=(), status=200, reason="OK", headers=(),
                    body_sent=body, fetched_at=NOON)

signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
archive = Archive(Folder(Path(sys.argv[1])), rotate_bytes=10**9, now=lambda: NOON)
good = archive.write(exchange()).location
resource.setrlimit(resource.RLIMIT_FSIZE, (8_000, 8_000))
try:
    archive.write(exchange(os.urandom(20_000)))
except StorageError as exc:
    print(exc)
again = archive.write(exchange()).location
assert again.warc_file != good.warc_file, "appended to a file that ends in half a record"
"""


def test_after_a_failed_write_records_go_to_a_new_file(tmp_path: Path) -> None:
    done = subprocess.run([sys.executable, "-c", FULL_DISK, str(tmp_path)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert ".warc.gz: " in done.stdout


def test_a_note_has_the_length_of_the_record() -> None:
    note = erasure_note(Location("a.warc.gz", 10, 5000), NOON)
    assert len(note) == 5000
    assert zlib.decompress(note, wbits=31).startswith(b"WARC/1.1\r\nWARC-Type: metadata\r\n")
    short = erasure_note(Location("a.warc.gz", 10, LEAST_BYTES), NOON)
    assert len(short) == LEAST_BYTES
    assert zlib.decompress(short, wbits=31) == b""
    with pytest.raises(ArchiveError, match="too few"):
        erasure_note(Location("a.warc.gz", 10, LEAST_BYTES - 1), NOON)
