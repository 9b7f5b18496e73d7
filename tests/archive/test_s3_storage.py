"""The archive in S3 loses nothing when the store fails, and its errors are one line that names bucket and key."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
from itertools import count
from pathlib import Path
from typing import IO, BinaryIO

import pytest
from pydantic import SecretStr
from structlog.testing import capture_logs

from pipeline.archive.archive import Archive, read_page
from pipeline.archive.s3_storage import Bucket
from pipeline.archive.storage import Location
from pipeline.errors import StorageError
from pipeline.interval import utc_minute
from pipeline.object_store import ObjectStore, temporary_file
from pipeline.places import S3Place
from pipeline.s3_client import _client_of, s3_access
from pipeline.settings import Settings
from pipeline.shared_files import published_file
from tests.archive.test_warc import exchange
from tests.worlds.s3 import Fault, S3Server, broken_off, damaged, denied, reset, slow, slow_down, without_digest
from tests.worlds.stories import NOON


@pytest.fixture
def archive(s3_place: S3Place) -> Archive:
    return Archive(Bucket(s3_place), rotate_bytes=1_000_000, now=lambda: NOON)


def file_of(content: bytes) -> BinaryIO:
    file = temporary_file()
    file.write(content)
    return file


@pytest.mark.parametrize(
    ("method", "fault"),
    [("PUT", slow_down), ("PUT", reset), ("GET", slow_down), ("GET", reset), ("GET", broken_off)],
)
def test_what_passes_is_repeated(s3_server: S3Server, s3_place: S3Place, fault: Fault, method: str) -> None:
    store = ObjectStore(s3_place)
    s3_server.fail(lambda asked, path: asked == method and path.endswith("/a"), fault, 2)
    store.put("a", file_of(bytes(100_000)))
    assert store.read("a", 0, 200_000) == bytes(100_000)


def test_a_store_that_does_not_answer_is_asked_three_times(s3_server: S3Server, s3_place: S3Place) -> None:
    store = ObjectStore(s3_place, lambda: _client_of(os.getpid(), 8, 1, 0.2))
    s3_server.fail(lambda _, path: path.endswith("/a"), slow(0.5), 8)
    with pytest.raises(StorageError, match=f"^s3://{s3_place.bucket}/desk/a: Read timeout"):
        store.find("a")
    assert s3_server.faults_left == 5
    s3_server.heal()


def test_readers_of_the_published_file_use_their_copy_while_the_store_is_gone(
    s3_server: S3Server, s3_place: S3Place, tmp_path: Path
) -> None:
    catalog = SecretStr("postgresql://db.example/news")
    settings = Settings(data=tmp_path, catalog=catalog, storage=str(s3_place))
    settings.news_file.write_bytes(b"copy")
    os.utime(settings.news_file, (NOON.timestamp(), NOON.timestamp()))
    with s3_server.gone():
        with capture_logs() as logged:
            assert published_file(settings).read_bytes() == b"copy"
        settings.news_file.unlink()
        with pytest.raises(StorageError):
            published_file(settings)
    assert [(each["log_level"], each["written_at"]) for each in logged] == [("warning", utc_minute(NOON))]


INTERRUPTED = """
import random, signal, sys
from pipeline.object_store import ObjectStore
from pipeline.places import S3Place
signal.signal(signal.SIGALRM, signal.default_int_handler)
store = ObjectStore(S3Place.at(sys.argv[1]))
store.find("a")
signal.setitimer(signal.ITIMER_REAL, random.Random(sys.argv[2]).uniform(0.0005, 0.02))
store.change("a", lambda file: file.write(b"erased"))
signal.setitimer(signal.ITIMER_REAL, 0)
"""


def test_an_interrupted_change_leaves_the_whole_object(s3_server: S3Server, s3_place: S3Place) -> None:
    """Whenever the interrupt arrives: nothing must not be taken for all of it. Each time in a process of its own, which
    ends as an interrupted command does."""
    store = ObjectStore(s3_place)
    store.put("a", file_of(bytes(200_000)))
    for moment in range(8):
        done = subprocess.run(
            [sys.executable, "-c", INTERRUPTED, str(s3_place), str(moment)], capture_output=True, text=True, timeout=60
        )
        assert done.returncode == 0 or "KeyboardInterrupt" in done.stderr, done.stderr
        found = store.find("a")
        assert found is not None and found.size_bytes == 200_000


@pytest.mark.parametrize("fault", [slow_down, reset, denied])
def test_what_does_not_pass_names_bucket_and_key(s3_server: S3Server, s3_place: S3Place, fault: Fault) -> None:
    store = ObjectStore(s3_place)
    s3_server.fail(lambda _, path: path.endswith("/b"), fault, 6)
    for use in (lambda: store.put("b", file_of(b"x")), lambda: store.read("b", 0, 1)):
        with pytest.raises(StorageError) as caught:
            use()
        assert str(caught.value).startswith(f"s3://{s3_place.bucket}/desk/b: ")
        assert "\n" not in str(caught.value) and "secret" not in str(caught.value)
    s3_server.heal()


def test_no_event_may_name_a_record_before_its_object_is_saved(s3_server: S3Server, archive: Archive) -> None:
    first = archive.write(exchange(b"first")).location
    s3_server.fail(lambda method, path: method == "PUT" and path.endswith(".warc.gz"), denied, 2)
    for _ in range(2):
        with pytest.raises(StorageError):
            archive.sync()
    second = archive.write(exchange(b"second")).location
    archive.sync()  # this is for the second record, but an event may name the first one now
    assert read_page(archive.storage, first).body == b"first"
    assert read_page(archive.storage, second).body == b"second"


def test_a_store_that_is_gone_is_no_missing_record(s3_server: S3Server, archive: Archive) -> None:
    location = archive.write(exchange()).location
    archive.close()
    with s3_server.gone():
        for read in (lambda: archive.read(location), lambda: archive.storage.open(location.warc_file)):
            with pytest.raises(StorageError, match=location.warc_file):
                read()
    assert archive.read(location).body == b"<p>hello</p>"


def test_two_that_change_an_object_at_once_lose_neither_change(s3_place: S3Place) -> None:
    one, other = ObjectStore(s3_place), ObjectStore(s3_place)
    one.put("a", file_of(b"----"), {"made-by": "a test"})
    writes = list[bytes]()

    def change(file: IO[bytes]) -> None:
        if not writes:  # the other one comes between reading and writing
            other.change("a", lambda theirs: (theirs.seek(3), theirs.write(b"!")))
        writes.append(file.read())
        file.seek(0)
        file.write(b"!")

    one.change("a", change)
    assert writes == [b"----", b"---!"]
    assert one.read("a", 0, 9) == b"!--!"
    found = one.find("a")
    assert found is not None and found.metadata == {"made-by": "a test"}


def test_an_object_that_others_write_all_the_time_is_given_up(s3_place: S3Place) -> None:
    store = ObjectStore(s3_place)
    store.put("a", file_of(b"0"))
    contents = count(1)
    with pytest.raises(StorageError, match=f"^s3://{s3_place.bucket}/desk/a: is written by another process"):
        store.change("a", lambda _: store.put("a", file_of(b"%d" % next(contents))))


def test_a_large_object_is_sent_and_copied_whole(s3_server: S3Server, s3_place: S3Place) -> None:
    """Also by a store that does not look at digests, or has none of what comes in parts."""
    content, store = bytes(range(256)) * 130_000, ObjectStore(s3_place)
    with file_of(content) as file:
        for fault in (None, without_digest):
            s3_server.fail(lambda method, path: method == "PUT", damaged, 1)
            if fault:
                s3_server.fail(lambda method, path: method == "POST", fault, 1)
            with pytest.raises(StorageError, match=f"^{s3_place}/large: did not arrive as it was sent"):
                store.put("large", file)
            assert store.find("large") is None, "it has the right size, so the next backup would take it for whole"
        s3_server.fail(lambda method, path: method == "POST", without_digest, 1)
        store.put("large", file)
        store.put("large", file, {"made-by": "a test"})
    store.copy("large", "copy")
    found = store.find("copy")
    assert found is not None and (found.size_bytes, found.metadata) == (len(content), {"made-by": "a test"})
    with store.open("copy") as copy:
        assert copy.read() == content
    assert store.read("copy", len(content) - 3, 10) == content[-3:]


def test_secrets_are_shown_nowhere(s3_server: S3Server, s3_place: S3Place) -> None:
    assert s3_access().secret == "very-secret"
    for shown in (repr(s3_access()), str(s3_access()), repr(Bucket(s3_place)), str(ObjectStore(s3_place))):
        assert "secret" not in shown


def test_readers_in_other_processes_get_their_place(archive: Archive) -> None:
    location: Location = archive.write(exchange()).location
    archive.close()
    assert read_page(pickle.loads(pickle.dumps(archive.storage)), location).body == b"<p>hello</p>"
