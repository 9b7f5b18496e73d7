"""Machines that share nothing but a database and a store work on one ledger, from feeds to the published file."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import duckdb_extension_httpfs
import pytest
from pydantic import SecretStr

from pipeline import models
from pipeline.archive.storage import Location, archive_storage
from pipeline.backup import back_up, restore
from pipeline.errors import ModelsError
from pipeline.ids import digest
from pipeline.ledger import Ledger
from pipeline.ledger.log import utc_now
from pipeline.ledger.session import _binary
from pipeline.migration import migrate_to_data_directory, migrate_to_postgres
from pipeline.monitor.state import read_state
from pipeline.settings import S3Place, Settings
from pipeline.shared_files import published_file
from pipeline.steps.maintain import delete_erased, merge_files
from pipeline.steps.redact import RedactionRequest, redact
from pipeline.verification.archive_files import ArchivePart
from pipeline.verification.installation import verify_installation, verify_weekly
from pipeline.verification.proof import Proof
from tests.worlds.loopback import WebServer
from tests.worlds.postgres import PostgresServer
from tests.worlds.s3 import S3Server
from tests.worlds.world import PARAGRAPHS, World

pytestmark = pytest.mark.slow


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


def test_an_erased_article_leaves_every_object(
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
        merge_files(ledger)
        world.later(days=2)
        delete_erased(world.settings, ledger, world.now)
        world.later(days=2)
        delete_erased(world.settings, ledger, world.now)
        result = verify_weekly(world.settings, ledger, utc_now())
    assert result.findings == ()
    for key in s3_server.keys(s3_place.bucket):
        if key.endswith(".parquet"):
            content = s3_server.client.get_object(Bucket=s3_place.bucket, Key=key)["Body"].read()
            assert b"Ferry adrift" not in content, key
    assert {"desk/anchors.jsonl", "desk/checkpoint.json", "desk/verified.json"} <= {*s3_server.keys(s3_place.bucket)}
    assert read_state(World(tmp_path / "other", web, **shared).settings, utc_now()).verification is not None


def test_a_ledger_moves_there_and_back_and_into_backups(
    tmp_path: Path, web: WebServer, shared: dict[str, Any], s3_server: S3Server, postgres_server: PostgresServer
) -> None:
    local = World(tmp_path / "local", web)
    local.collect()
    far = local.settings.model_copy(update=shared)
    migrate_to_postgres(far)
    moved = proof(far)
    assert (moved.findings, moved.records) == ((), 3)

    for copied, kept in ((7, 0), (0, 7)):
        backup = back_up(far, tmp_path / "backup")
        assert (backup.copied, backup.kept) == (copied, kept)
    assert proof(Settings(data=tmp_path / "backup")).findings == ()
    again = {"catalog": SecretStr(postgres_server.new_database()), "storage": f"{shared['storage']}-again"}
    restored = Settings.model_validate({"data": tmp_path / "restored", **again})
    restore(tmp_path / "backup", restored)
    assert (proof(restored).findings, proof(restored).digest) == ((), moved.digest)

    shutil.rmtree(local.settings.data)
    migrate_to_data_directory(far)
    assert (proof(local.settings).findings, proof(local.settings).digest) == ((), moved.digest)
    assert local.ingest().count("article_extracted") == 2
