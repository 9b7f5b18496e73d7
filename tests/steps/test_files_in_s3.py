"""Machines that share nothing but a database and a store work on one ledger, from feeds to the published file."""

from __future__ import annotations

import gzip
import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from threading import Event
from typing import Any

import duckdb
import duckdb_extension_httpfs
import pytest
from pydantic import SecretStr

from pipeline import models
from pipeline.archive.storage import Location, archive_storage
from pipeline.backup import back_up, restore
from pipeline.errors import ModelsError, StorageError
from pipeline.ids import digest
from pipeline.ledger import Ledger
from pipeline.ledger.log import utc_now
from pipeline.ledger.session import _binary
from pipeline.migration import migrate_to_data_directory, migrate_to_postgres
from pipeline.monitor.checkup import check_up
from pipeline.monitor.state import read_state
from pipeline.places import S3Place
from pipeline.settings import Settings
from pipeline.shared_files import published_file
from pipeline.steps.maintain import delete_erased, merge_files, unnamed_files
from pipeline.steps.redact import RedactionRequest, redact
from pipeline.verification.archive_files import ArchivePart
from pipeline.verification.installation import verify_installation, verify_weekly
from pipeline.verification.proof import Proof
from tests.worlds.loopback import Answer as WebAnswer
from tests.worlds.loopback import WebServer
from tests.worlds.postgres import PostgresServer
from tests.worlds.running import ALLOW, COMMAND, entry
from tests.worlds.s3 import Answer, S3Server, denied
from tests.worlds.stored import places_with
from tests.worlds.world import PARAGRAPHS, World

pytestmark = [pytest.mark.slow, pytest.mark.ducklake]


@pytest.fixture
def web() -> Iterator[WebServer]:
    with WebServer() as server:
        server.feed("/feed.xml", ("/a", "Ferry adrift"), ("/b", "Harbour reopened"))
        server.page("/a", "Ferry adrift", *PARAGRAPHS)
        server.page("/b", "Harbour reopened", *reversed(PARAGRAPHS))
        yield server


@pytest.fixture
def shared(postgres_server: PostgresServer, s3_place: S3Place) -> dict[str, Any]:
    return {"catalog": SecretStr(postgres_server.new_database()), "storage": str(s3_place)}


def proof(settings: Settings) -> Proof:
    with Ledger.open_existing(settings.ledger_catalog) as ledger:
        return verify_installation(settings, ledger, utc_now(), full=True, archive=ArchivePart.ALL)


def headlines(settings: Settings) -> list[str]:
    with duckdb.connect(published_file(settings), read_only=True) as con:
        return [headline for (headline,) in con.execute("select headline from articles order by headline").fetchall()]


def test_a_machine_continues_what_another_has_begun(
    tmp_path: Path, web: WebServer, shared: dict[str, Any], s3_server: S3Server, s3_place: S3Place
) -> None:
    one, other = (World(tmp_path / name, web, **shared) for name in ("one", "other"))
    with pytest.raises(ModelsError, match="nothing has been built yet"):
        models.publish(one.settings)
    assert one.ingest().count("article_extracted") == 2
    assert models.build(one.settings).models > 0
    models.publish(other.settings)  # on a machine that has built nothing
    assert headlines(one.settings) == headlines(other.settings) == ["Ferry adrift", "Harbour reopened"]

    web.feed("/feed.xml", ("/c", "Tugs praised"))
    web.page("/c", "Tugs praised", *PARAGRAPHS[1:])
    other.later(minutes=5)
    assert other.ingest().count("article_captured") == 1
    assert models.build(other.settings).models > 0
    with duckdb.connect(other.settings.build_file, read_only=True) as con:
        assert con.execute("select count(*) from articles").fetchone() == (3,), "it continued the build of the first"
    models.publish(other.settings)
    assert len(headlines(one.settings)) == 3, "a newer published file is fetched"
    place = {"Bucket": s3_place.bucket, "Key": "desk/news.duckdb"}  # another program puts it back, as from a backup
    s3_server.client.copy_object(**place, CopySource=place, Metadata={}, MetadataDirective="REPLACE")
    assert len(headlines(other.settings)) == 3
    assert read_state(one.settings, utc_now()).publication is not None
    shutil.rmtree(one.settings.data)  # a new machine in its place
    assert models.build(one.settings).models == 0, "the build in the store has everything"

    with duckdb.connect(config={"allow_unsigned_extensions": "true"}) as con:  # a reader without newsledger
        con.execute(f"load '{_binary(duckdb_extension_httpfs)}'")
        con.execute(
            "create secret (type s3, key_id 'newsledger', secret 'very-secret', region 'us-east-1', use_ssl false,"
            f" url_style 'path', endpoint '127.0.0.1:{s3_server.port}')"
        )
        con.execute(f"attach '{s3_place}/news.duckdb' as news (read_only)")
        assert con.execute("select count(*) from news.articles").fetchone() == (3,)


def test_an_erased_article_leaves_every_object_at_once(
    tmp_path: Path, web: WebServer, shared: dict[str, Any], s3_server: S3Server, s3_place: S3Place
) -> None:
    world = World(tmp_path, web, **shared)
    world.ingest()
    with world.stores() as stores:
        done = redact(stores, RedactionRequest(f"{web.base}/a", "asked"))
    storage = archive_storage(world.settings)
    for record in done.records:
        place = Location(record.warc_file, record.warc_offset, record.warc_length)
        assert digest(storage.read(place)) == record.warc_digest
    with Ledger.open_existing(world.settings.ledger_catalog) as ledger:
        delete_erased(world.settings, ledger, utc_now, timedelta())
        merge_files(ledger)
        result = verify_weekly(world.settings, ledger, utc_now())
    assert result.findings == ()
    assert places_with(world.settings, "Ferry adrift") == set()
    assert {"desk/anchors.jsonl", "desk/checkpoint.json", "desk/verified.json"} <= {*s3_server.keys(s3_place.bucket)}
    assert read_state(World(tmp_path / "other", web, **shared).settings, utc_now()).verification is not None


def is_page(method: str, path: str) -> bool:
    return method == "PUT" and path.endswith(".warc.gz")


def test_a_run_killed_between_an_upload_and_its_append_doubles_nothing_and_what_it_left_is_erased(
    tmp_path: Path, web: WebServer, shared: dict[str, Any], s3_server: S3Server, s3_place: S3Place
) -> None:
    world = World(tmp_path, web, **shared)
    (tmp_path / "sources.toml").write_text(entry(world.source.id, web.base))
    places = {"NEWSLEDGER_CATALOG": shared["catalog"].get_secret_value(), "NEWSLEDGER_STORAGE": shared["storage"]}
    arguments = ("ingest", "--data", world.settings.data, "--sources", tmp_path / "sources.toml")
    uploads = list[str]()
    started = Event()

    def is_second_upload(method: str, path: str) -> bool:
        """That of pages: the first one is that of the feed."""
        uploads.extend([path] if is_page(method, path) else [])
        return is_page(method, path) and len(uploads) == 2

    def kill(server: S3Server, environ: dict[str, Any], start_response: Any) -> Answer:
        answer = [*server._store(environ, start_response)]
        assert started.wait(60)
        process.kill()
        return answer

    s3_server.fail(is_second_upload, kill, 1)
    process = subprocess.Popen([COMMAND, *map(str, arguments)], env=os.environ | ALLOW | places)
    started.set()
    assert process.wait() == -signal.SIGKILL
    s3_server.heal()
    assert world.rows("from ledger.article_captured") == []
    assert world.ingest().count("article_extracted") == 2
    assert proof(world.settings).findings == ()
    left = unnamed_files(world.settings, world.ledger)
    assert [f"/{s3_place.bucket}/desk/archive/{name}" for name in left] == [uploads[1]]

    with world.stores() as stores:
        redact(stores, RedactionRequest(f"{web.base}/a", "asked"))
    for key in s3_server.keys(s3_place.bucket, "desk/archive/"):
        content = s3_server.client.get_object(Bucket=s3_place.bucket, Key=key)["Body"].read()
        assert b"Ferry adrift" not in gzip.decompress(content), key
    assert proof(world.settings).findings == ()
    assert unnamed_files(world.settings, world.ledger) == [], "it is known what happened to it"


@pytest.mark.parametrize("lost", ["catalog", "store"])
def test_a_run_in_which_a_server_goes_away_says_so_and_the_next_one_does_the_rest(
    tmp_path: Path,
    web: WebServer,
    shared: dict[str, Any],
    s3_server: S3Server,
    postgres_server: PostgresServer,
    lost: str,
) -> None:
    world = World(tmp_path, web, **shared)
    page = web.answers["/a"]

    def go_away(_: object) -> WebAnswer:
        if lost == "catalog":
            postgres_server.stop()
        else:
            s3_server.fail(lambda method, path: True, denied, 1_000_000)
        return page

    web.decides["/a"] = go_away
    with pytest.raises(StorageError) as caught:
        world.collect()
    where = "postgresql://" if lost == "catalog" else shared["storage"]
    assert str(caught.value).startswith(where) and "\n" not in str(caught.value)
    web.decides.clear()
    if lost == "catalog":
        with pytest.raises(StorageError, match=r"^postgresql://.*; run the same again"):
            world.collect()
        postgres_server.start()
    s3_server.heal()
    world.later(minutes=1)
    assert world.ingest().count("article_extracted") == 2
    captured = world.rows("select url from ledger.article_captured order by url")
    assert [row["url"] for row in captured] == [f"{web.base}/a", f"{web.base}/b"]
    assert proof(world.settings).findings == ()


def test_a_changed_or_missing_object_of_the_archive_is_named(
    tmp_path: Path, web: WebServer, shared: dict[str, Any], s3_server: S3Server, s3_place: S3Place
) -> None:
    world = World(tmp_path, web, **shared)
    world.collect()
    feed, pages, *_ = (key for key in s3_server.keys(s3_place.bucket, "desk/archive/"))
    content = bytearray(s3_server.client.get_object(Bucket=s3_place.bucket, Key=feed)["Body"].read())
    content[len(content) // 2] ^= 1
    s3_server.client.put_object(Bucket=s3_place.bucket, Key=feed, Body=bytes(content))
    s3_server.client.delete_object(Bucket=s3_place.bucket, Key=pages)
    found = [finding.text for finding in proof(world.settings).findings]
    assert any(text.startswith(f"archive: {feed.removeprefix('desk/archive/')} at ") for text in found), found
    gone = f"{pages.removeprefix('desk/archive/')}: there is no such file below s3://{s3_place.bucket}/desk/archive ("
    assert any(gone in text for text in found), found


def test_the_check_of_the_set_up_writes_to_the_store_and_compares_its_clock(
    tmp_path: Path, web: WebServer, shared: dict[str, Any], s3_server: S3Server, s3_place: S3Place
) -> None:
    settings = World(tmp_path, web, **shared).settings

    def advised(ahead: timedelta = timedelta()) -> dict[str, str]:
        return {each.name: each.found for each in check_up(settings, utc_now() + ahead) if each.advice}

    assert not {"S3", "clock of S3", "ledger"} & {*advised()}
    assert "in the store" in advised(-timedelta(minutes=10))["clock of S3"]
    s3_server.fail(lambda method, path: method == "PUT", denied, 1)
    assert advised()["S3"].startswith(f"{s3_place}/newsledger-doctor-")
    with s3_server.gone():
        assert "run the same again" in advised()["S3"]
    assert s3_server.keys(s3_place.bucket) == [], "nothing is left"


@pytest.mark.one_host("it begins on one host, and goes to stores of its own")
def test_a_ledger_moves_there_and_back_and_into_backups(
    tmp_path: Path, web: WebServer, shared: dict[str, Any], s3_server: S3Server, postgres_server: PostgresServer
) -> None:
    local = World(tmp_path / "local", web)
    local.collect()
    far = local.settings.model_copy(update=shared)
    migrate_to_postgres(far)
    moved = proof(far)
    assert (moved.findings, moved.records) == ((), 3)

    bucket = f"s3://{s3_server.new_bucket()}"
    for place in (tmp_path / "backup", bucket):
        for copied, kept in ((7, 0), (0, 7)):
            backup = back_up(far, place)
            assert (backup.copied, backup.kept) == (copied, kept)
    assert proof(Settings(data=tmp_path / "backup")).findings == ()
    for overlapping in (shared["storage"], f"{shared['storage']}/backup", shared["storage"].removesuffix("/desk")):
        with pytest.raises(StorageError, match="must not contain each other"):
            back_up(far, overlapping)
    again = {"catalog": SecretStr(postgres_server.new_database()), "storage": f"{shared['storage']}-again"}
    restored = Settings.model_validate({"data": tmp_path / "restored", **again})
    restore(bucket, restored)
    assert (proof(restored).findings, proof(restored).digest) == ((), moved.digest)

    with World(tmp_path / "far", web, **shared).stores() as stores:
        redact(stores, RedactionRequest(f"{web.base}/a", "asked"))
    erased = proof(far)
    migrate_to_data_directory(far)
    back = proof(local.settings)
    assert (back.findings, back.digest, back.records) == ((), erased.digest, erased.records), "over the old files"
    assert local.ingest().count("article_extracted") == 1
