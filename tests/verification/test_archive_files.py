"""Whatever is changed in the archive of today's version or of version 0.1, `verify --archive` names it."""

from __future__ import annotations

import gzip
import os
import re
import shutil
import tarfile
import zlib
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import pytest

from pipeline.archive.erasing import NamedPlaces, unnamed_records
from pipeline.archive.named_records import MAX_FINDINGS, NamedRecord, check_file
from pipeline.archive.storage import Location, Storage, archive_storage
from pipeline.ids import digest
from pipeline.ledger import Ledger
from pipeline.ledger.log import utc_now
from pipeline.migration import migrate_to_postgres
from pipeline.settings import Settings
from pipeline.verification.archive_files import WEEKS_TO_READ_ALL, ArchivePart, check_files, files_of, is_due
from pipeline.verification.installation import verify_installation
from pipeline.verification.proof import Proof
from tests.worlds.ledgers import copy_installation, settings_at
from tests.worlds.loopback import WebServer
from tests.worlds.reliability_page import is_documented
from tests.worlds.running import as_reader, newsledger
from tests.worlds.stored import archived_with, stored_files
from tests.worlds.world import PARAGRAPHS, World

pytestmark = [pytest.mark.slow(longest=True), pytest.mark.ducklake]

DAY = timedelta(days=1)


class Recorded(NamedTuple):
    """An installation whose archive may be changed, and a ledger whose events name its records."""

    settings: Settings
    ledger: Ledger

    @property
    def storage(self) -> Storage:
        return archive_storage(self.settings)

    def read(self, name: str) -> bytes:
        return stored_files(self.settings)[f"archive/{name}"]

    def write(self, name: str, content: bytes) -> None:
        stored_files(self.settings)[f"archive/{name}"] = content

    def location(self, table: str, condition: str) -> Location:
        """The record of the first such event."""
        sql = f"select warc_file, warc_offset, warc_length from ledger.{table} where {condition} order by position"
        return Location(**self.ledger.table(f"{sql} limit 1").to_pylist()[0])

    def replace(self, where: Location, member: bytes) -> None:
        assert len(member) == where.warc_length
        content = self.read(where.warc_file)
        end = where.warc_offset + where.warc_length
        self.write(where.warc_file, content[: where.warc_offset] + member + content[end:])


def proven(settings: Settings) -> Proof:
    with Ledger.open(settings.ledger_catalog) as ledger:
        return verify_installation(settings, ledger, utc_now(), archive=ArchivePart.ALL)


def padded(plain: bytes, length: int) -> bytes:
    """A gzip member of exactly this length, by an extra field (RFC 1952, 2.3.1.1): the others stay where they are."""
    member = gzip.compress(plain, 9, mtime=0)
    extra = length - len(member) - 2
    assert extra >= 0, "the changed record does not fit"
    return member[:3] + b"\x04" + member[4:10] + extra.to_bytes(2, "little") + bytes(extra) + member[10:]


def edit(recorded: Recorded, where: Location, *changes: tuple[bytes, bytes]) -> None:
    """Replace these bytes in a record, and make its own digests fit again, as a careful forger would."""
    content = recorded.read(where.warc_file)
    plain = gzip.decompress(content[where.warc_offset : where.warc_offset + where.warc_length])
    for old, new in changes:
        assert re.search(old, plain)
        plain = re.sub(old, new, plain, count=1)
    head, _, rest = plain.partition(b"\r\n\r\n")
    block = rest[:-4]
    head = re.sub(rb"(?<=WARC-Block-Digest: )\S+", digest(block).encode(), head)
    head = re.sub(rb"(?<=urn:uuid:)[0-9a-f-]+", b"0" * 36, head)  # which makes room, since zeros compress well
    head = re.sub(rb"(?<=Content-Length: )\d+", str(len(block)).encode(), head)
    if b"WARC-Type: response" in head:
        payload = block.partition(b"\r\n\r\n")[2]
        head = re.sub(rb"(?<=WARC-Payload-Digest: )\S+", digest(payload).encode(), head)
    recorded.replace(where, padded(head + b"\r\n\r\n" + block + b"\r\n\r\n", where.warc_length))


Tamper = Callable[[Recorded], Any]

FEED = ("feed_polled", "warc_type = 'response'")
PAGE = ("article_captured", "true")
SEEN_AGAIN = ("article_revisited", "warc_type = 'revisit'")
TARGET, DATE, STATUS = rb"(?<=WARC-Target-URI: http:)//127", rb"(?<=WARC-Date: )\d\d\d\d", rb"HTTP/1.1 200"
TEXT = rb"Harbour|harbour"


def zeroed(recorded: Recorded, table: str, condition: str) -> None:
    where = recorded.location(table, condition)
    recorded.replace(where, bytes(where.warc_length))


def edited(table: str, condition: str, *changes: tuple[bytes, bytes]) -> Tamper:
    return lambda recorded: edit(recorded, recorded.location(table, condition), *changes)


def request_zeroed(recorded: Recorded) -> None:
    """Zero the request record after the record of the first page, which no event names."""
    where = recorded.location(*PAGE)
    content, start = recorded.read(where.warc_file), where.warc_offset + where.warc_length
    inflater = zlib.decompressobj(zlib.MAX_WBITS | 16)
    inflater.decompress(content[start:])
    recorded.replace(Location(where.warc_file, start, n := len(content) - start - len(inflater.unused_data)), bytes(n))


def cut(recorded: Recorded) -> None:
    where = recorded.location(*PAGE)
    content = recorded.read(where.warc_file)
    recorded.write(where.warc_file, content[: where.warc_offset + where.warc_length - 1])


def a_pipe(recorded: Recorded) -> None:
    path = recorded.settings.archive_root / recorded.location(*PAGE).warc_file
    path.unlink()
    os.mkfifo(path)


TAMPERING: dict[str, tuple[Tamper, str]] = {
    "a feed zeroed": (lambda recorded: zeroed(recorded, *FEED), "cannot be read as a WARC record"),
    "a page zeroed": (lambda recorded: zeroed(recorded, *PAGE), "cannot be read as a WARC record"),
    "a revisit zeroed": (lambda recorded: zeroed(recorded, *SEEN_AGAIN), "cannot be read as a WARC record"),
    "a feed's date": (edited(*FEED, (DATE, b"1999")), "its date is 1999-"),
    "a page's date": (edited(*PAGE, (DATE, b"1999")), "its date is 1999-"),
    "a revisit's date": (edited(*SEEN_AGAIN, (DATE, b"1999")), "its date is 1999-"),
    "a feed's address": (edited(*FEED, (TARGET, b"//128")), r"its address is http://128\S+, not http://127"),
    "a page's address": (edited(*PAGE, (TARGET, b"//128")), r"its address is http://128\S+, not http://127"),
    "a revisit's address": (edited(*SEEN_AGAIN, (TARGET, b"//128")), r"its address is http://128\S+, not http://127"),
    "a feed's status": (edited(*FEED, (STATUS, b"HTTP/1.1 404")), "its status is 404, not 200"),
    "a page's status": (edited(*PAGE, (STATUS, b"HTTP/1.1 404")), "its status is 404, not 200"),
    "a revisit's status": (edited(*SEEN_AGAIN, (STATUS, b"HTTP/1.1 404")), "its status is 404, not 200"),
    "a page's text": (edited(*PAGE, (TEXT, b"Airport")), "decoded payload has the digest sha256:"),
    "a page's payload digest": (edited(*PAGE, (TEXT, b"Airport")), "its payload digest is sha256:"),
    "a feed's text": (edited(*FEED, (TEXT, b"Airport")), "its payload digest is sha256:"),
    "a page's type": (edited(*PAGE, (b"Type: response", b"Type: resource")), "its type is resource, not response"),
    "a request zeroed": (request_zeroed, r"ends before the record at \d+ \(no event names it\)"),
    "a file cut off": (cut, "the file ends too early"),
    "a pipe in the place of a file": (a_pipe, "cannot be read: is no regular file"),
    "a file removed": (
        lambda recorded: stored_files(recorded.settings).pop(f"archive/{recorded.location(*FEED).warc_file}"),
        r"there is no such file below .*/archive \(\d events name it\)",
    ),
}


@pytest.fixture(scope="module")
def of_today(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """An installation after a poll, two captures, and a revisit of each."""
    folder = tmp_path_factory.mktemp("today")
    with WebServer() as web:
        web.feed("/feed.xml", ("/a", "Harbour reopened"), ("/b", "Ferry adrift"))
        web.page("/a", "Harbour reopened", *PARAGRAPHS * 20)
        web.page("/b", "Ferry adrift", *PARAGRAPHS * 20)
        world = World(folder, web, revisit_after="1h")
        world.collect()
        world.later(hours=2)
        world.collect()
    return settings_at(world.settings.data)


@pytest.fixture(scope="module")
def of_version_01(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    folder = tmp_path_factory.mktemp("0.1")
    with tarfile.open(Path(__file__).parents[1] / "ledger" / "earlier_versions" / "0.1.tar.xz") as packed:
        packed.extractall(folder, filter="data")
    Ledger.open(folder / "ledger.sqlite").close()  # adds today's columns
    settings = settings_at(folder)
    if settings.catalog is not None:
        migrate_to_postgres(settings)
    return settings


@pytest.fixture
def copy(of_today: Settings, tmp_path: Path) -> Settings:
    copy_installation(of_today.data, tmp_path / "data")
    return settings_at(tmp_path / "data")


@pytest.fixture(scope="module", params=["of_today", "of_version_01"])
def recorded(request: pytest.FixtureRequest) -> Iterator[Recorded]:
    settings: Settings = request.getfixturevalue(request.param)
    with Ledger.open(settings.ledger_catalog) as ledger:
        yield Recorded(settings, ledger)


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=pytest.mark.one_host("no object is a pipe")) if tamper is a_pipe else name
        for name, (tamper, _) in TAMPERING.items()
    ],
)
def test_a_changed_archive_is_found(name: str, recorded: Recorded, tmp_path: Path) -> None:
    tamper, finding = TAMPERING[name]
    changed = Recorded(settings_at(tmp_path), recorded.ledger)
    for file in files_of(ArchivePart.ALL, recorded.ledger, utc_now()):
        changed.write(file.name, recorded.read(file.name))
    tamper(changed)
    files = files_of(ArchivePart.ALL, recorded.ledger, utc_now())
    found = [text for file in check_files(recorded.ledger, changed.storage, files, 1) for text in file.findings]
    assert any(re.search(finding, text) for text in found), found
    assert is_documented(name, found), found
    assert all(re.match(r"\d{4}/\d\d/\d\d/\S+\.warc\.gz", text) and "\n" not in text for text in found)


def test_what_newsledger_wrote_agrees_with_its_events_also_without_their_digests(of_today: Settings) -> None:
    """An event without the digest of its record is compared field by field, so the fields must agree."""
    with Ledger.open(of_today.ledger_catalog) as ledger:
        names = [file.name for file in files_of(ArchivePart.ALL, ledger, utc_now())]
        named = ledger.select(NamedRecord, "named_records", names=names, first=names[0], last=names[-1])
    assert {record.warc_type for record in named} == {"response", "revisit"}
    assert all(record.warc_digest for record in named)
    for name in names:
        bare = [msgspec.structs.replace(each, warc_digest=None) for each in named if each.warc_file == name]
        assert check_file(archive_storage(of_today), name, bare).findings == ()


@pytest.mark.parametrize("left_bytes", {"the last request removed": 0, "the last request cut off": 99}.items())
def test_the_last_request_is_missed_where_it_follows_its_response(
    left_bytes: tuple[str, int], of_version_01: Settings, tmp_path: Path
) -> None:
    name, left = left_bytes
    with Ledger.open(of_version_01.ledger_catalog) as ledger:
        before, changed = Recorded(of_version_01, ledger), Recorded(settings_at(tmp_path), ledger)
        file = before.location(*PAGE).warc_file
        named = ledger.select(NamedRecord, "named_records", names=[file], first="", last="z")
        changed.write(file, before.read(file)[: named[-1].warc_offset + named[-1].warc_length + left])
    assert is_documented(name, check_file(changed.storage, file, named).findings)


def test_a_header_that_no_field_covers_is_found_by_the_records_digest(copy: Settings) -> None:
    with Ledger.open(copy.ledger_catalog) as ledger:
        recorded = Recorded(copy, ledger)
        page = recorded.location(*PAGE)
        unnamed = unnamed_records(recorded.storage, ledger.select(NamedPlaces, "named_places"))
        note, request, *_ = (location for location, _ in unnamed if location.warc_file == page.warc_file)
        edit(recorded, page, (b"text/html", b"text/calm"))
        edit(recorded, note, (b"obey", b"deny"))
        edit(recorded, request, (DATE, b"1999"))
    of_note, of_request, of_page = (finding.text for finding in proven(copy).findings)
    assert is_documented("the note about a file", [of_note])
    assert is_documented("a request's date", [of_request])
    assert re.match(r"archive: \d{4}/\d\d/\d\d/\S+\.warc\.gz", of_page)
    assert "its bytes are not those that were archived (expected sha256:" in of_page


def test_what_a_killed_process_left_at_the_end_of_a_file_is_no_damage(copy: Settings) -> None:
    files = stored_files(copy)
    for name in archived_with(copy, ""):
        files[name] += gzip.compress(b"WARC/1.1\r\nWARC-Type: response\r\n")[:-9]
    assert proven(copy).findings == ()


def test_the_findings_of_a_file_are_limited(copy: Settings) -> None:
    with Ledger.open(copy.ledger_catalog) as ledger:
        name = files_of(ArchivePart.ALL, ledger, utc_now())[0].name
        (one, *_) = ledger.select(NamedRecord, "named_records", names=[name], first=name, last=name)
    many = [msgspec.structs.replace(one, warc_offset=one.warc_offset + 1, position=n, url=f"{n}") for n in range(99)]
    (_, *lines) = check_file(archive_storage(copy), name, many).findings
    assert len(lines) <= MAX_FINDINGS


def test_fresh_files_are_always_read_and_older_ones_once_a_quarter() -> None:
    now = utc_now()

    def weeks_due(archived_at: datetime, name: str) -> int:
        file = f"{archived_at:%Y/%m/%d}/{name}"
        return sum(is_due(file, now + week * 7 * DAY) for week in range(WEEKS_TO_READ_ALL))

    assert {weeks_due(now - 100 * DAY, f"{n}.warc.gz") for n in range(50)} == {1}
    assert all(weeks_due(now + 92 * DAY, f"{n}.warc.gz") == WEEKS_TO_READ_ALL for n in range(5))


def test_the_command_names_the_file_and_what_to_do(copy: Settings) -> None:
    sound = newsledger("verify", "--archive", "--data", copy.data)
    assert sound.returncode == 0, sound.stderr
    assert "6 records of the archive are as they were recorded" in sound.stdout
    assert newsledger("maintain", "--data", copy.data).returncode == 0
    with Ledger.open(copy.ledger_catalog) as ledger:
        recorded = Recorded(copy, ledger)
        zeroed(recorded, *FEED)
        file = recorded.location(*FEED).warc_file
    broken = newsledger("verify", "--archive", "--data", copy.data)
    assert broken.returncode == 1
    finding, error = broken.stderr.splitlines()[-2:]
    assert file in finding
    assert "copy the named files of the archive from a backup to the same paths" in error


@pytest.mark.one_host("a database and a bucket have no write protection of files")
@pytest.mark.parametrize("version", ["of_today", "of_version_01"])
def test_a_write_protected_copy_can_be_verified_and_read(
    version: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    data = tmp_path / "data"
    shutil.copytree(request.getfixturevalue(version).data, data)
    before = sorted(data.rglob("*"))
    for path in before:
        path.chmod(0o555 if path.is_dir() else 0o444)
    data.chmod(0o555)
    verified, status, built, maintained = as_reader(
        ("verify", "--archive", "--data", data),
        ("status", "--data", data),
        ("models", "--data", data),
        ("maintain", "--data", data),
    )
    assert verified.returncode == 0, verified.stderr
    assert "are as they were recorded" in verified.stdout
    assert "not remembered" in verified.stderr
    assert status.returncode == 0, status.stderr
    assert built.returncode == 1
    assert f"{data}: this user may not write there, and a build does" in built.stderr
    assert maintained.returncode == 1
    assert f"{data}/ledger.sqlite: is write-protected" in maintained.stderr
    assert sorted(data.rglob("*")) == before
