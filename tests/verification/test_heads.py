"""The end of a ledger cannot be cut off unseen: its head is kept in other places."""

from __future__ import annotations

import json
import os
from pathlib import Path
from uuid import UUID

import duckdb
import pytest

from pipeline.errors import MISTAKES, SettingsError
from pipeline.events import ArticleRedacted, RedactionScope, Seal
from pipeline.ledger import Ledger, Run, verify
from pipeline.ledger.log import utc_now
from pipeline.orchestrate import verify_stores
from pipeline.settings import Settings
from pipeline.shared_files import shared_files
from pipeline.verification.heads import KeptHead, drop_anchor, given_head, heads_of_builds, missing_heads, read_anchors
from tests.worlds.ledgers import empty_ledger, environment_of
from tests.worlds.reliability_page import is_documented
from tests.worlds.running import newsledger
from tests.worlds.stored import stored_files
from tests.worlds.verified import append

pytestmark = pytest.mark.slow

ANCHORS, CHECKPOINT = "anchors.jsonl", "checkpoint.json"


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """A ledger of three appends, two events each."""
    for name, value in environment_of(tmp_path / "data").items():
        monkeypatch.setenv(name, value)
    settings = Settings()
    empty_ledger(settings)
    append(settings, "one", "two", "three")
    return settings


def head(settings: Settings) -> tuple[int, str]:
    with Ledger.open(settings.ledger_catalog) as ledger:
        position, _, digest = ledger.head()
        return position, digest


def cut_off(settings: Settings, appends: int = 1) -> None:
    """Remove the last appends with all that the ledger says of them. What is left is sound in itself."""
    with Ledger.open(settings.ledger_catalog) as ledger:
        kept = ledger.head().append_no - appends
        last = f"(select {{}} from ledger.appends where append_no = {kept})"
        ledger._con.execute(f"delete from ledger.item_discovered where position > {last.format('last_position')}")
        ledger._con.execute(
            f"update ledger.log_head set append_no = {kept}, position = {last.format('last_position')},"
            f" digest = {last.format('digest')}"
        )
        ledger._con.execute(f"delete from ledger.appends where append_no > {kept}")
        assert verify(ledger).findings == ()


def publish(settings: Settings, name: str) -> None:
    """A finished build of today's ledger, as far as its head goes."""
    with duckdb.connect(settings.data / name) as con:
        con.execute("create table main.build_info (head_position bigint, head_digest varchar, built_at timestamptz)")
        con.execute("insert into main.build_info values (?, ?, now())", head(settings))
    shared_files(settings).send(settings.data / name)


def verified(settings: Settings) -> str:
    """What `newsledger verify` finds."""
    done = newsledger("verify", "--data", settings.data)
    found = "".join(line for line in done.stderr.splitlines(keepends=True) if "level=info" not in line)
    assert (done.returncode == 0) == (not found)
    return found


def test_a_ledger_whose_end_was_cut_off_is_found_by_the_head_kept_in_each_place(settings: Settings) -> None:
    places = {"anchors.jsonl", "news.duckdb", "build.duckdb", "checkpoint.json"}
    drop_anchor(settings, *head(settings), utc_now())
    publish(settings, "news.duckdb")
    publish(settings, "build.duckdb")
    assert verified(settings) == ""
    cut_off(settings)
    found = verified(settings)
    for place in places:
        assert is_documented(f"the end cut off, its head in {place}", [found]), place
    assert "find a backup that is not older" in found
    append(settings, "another", "one more")
    rewritten = [line for line in verified(settings).splitlines() if "the ledger was rewritten before" in line]
    assert {place for place in places for line in rewritten if f"head in {place}" in line} == places


def test_a_head_that_somebody_kept_is_compared(settings: Settings) -> None:
    files = stored_files(settings)
    position, digest = head(settings)
    known = f"{position}:{digest}"
    arguments = ("verify", "--data", settings.data)
    assert f"head {known}\n" in newsledger(*arguments).stdout
    assert newsledger(*arguments, "--digest", known, "--digest", digest).returncode == 0
    other = newsledger(*arguments, "--digest", f"4:{digest}")
    assert other.returncode == 1
    assert "head in --digest: its digest is that of position 6, not of 4" in other.stderr
    cut_off(settings)
    for given, kept in {"head": known, "digest": digest}.items():
        found = newsledger(*arguments, "--digest", kept)
        assert found.returncode == 1
        assert is_documented(f"the end cut off, its {given} given with --digest", [found.stderr])
    del files[CHECKPOINT]
    assert newsledger(*arguments).returncode == 0, "without a head from elsewhere nothing shows what is missing"


@pytest.mark.parametrize("text", ["", "sha256:0", "x:sha256:" + "0" * 64, "12", "-1:sha256:" + "0" * 64])
def test_what_is_no_head_is_an_error(text: str) -> None:
    with pytest.raises(SettingsError, match="neither a digest, sha256:…, nor POSITION:sha256:…"):
        given_head(text)


def test_each_maintenance_adds_an_anchor_and_says_so(settings: Settings, capfd: pytest.CaptureFixture[str]) -> None:
    position, digest = head(settings)
    assert f"/{ANCHORS}: 6:{digest}\n" in newsledger("maintain").stdout
    append(settings, "four")
    verify_stores()
    logged = capfd.readouterr()
    assert f"8:{head(settings)[1]}" in logged.out + logged.err
    lines = [json.loads(line) for line in stored_files(settings)[ANCHORS].splitlines()]
    assert [(line["position"], line["digest"]) for line in lines] == [(position, digest), head(settings)]
    with Ledger.open(settings.ledger_catalog) as ledger:
        assert list(missing_heads(ledger, read_anchors(settings).heads)) == []
    stored_files(settings)[ANCHORS] = json.dumps(lines[0]).encode() + b"\n"
    assert "has 1 anchors; the last verification has seen 2" in verified(settings), "no verification came between"


def test_a_ledger_that_is_not_what_was_recorded_is_not_anchored(settings: Settings) -> None:
    with Ledger.open(settings.ledger_catalog) as ledger:
        ledger._con.execute("update ledger.item_discovered set title = 'x' where position = 1")
    with pytest.raises(MISTAKES, match=r"append 1 .*restore the catalog .* and the folder ledger together"):
        verify_stores()
    assert ANCHORS not in stored_files(settings)


def test_anchors_can_be_kept_in_another_place(settings: Settings, tmp_path: Path) -> None:
    elsewhere = tmp_path / "another disk" / "newsledger.jsonl"
    env = {"NEWSLEDGER_ANCHORS": str(elsewhere)}
    assert newsledger("maintain", env=env).returncode == 0
    assert json.loads(elsewhere.read_text())["position"] == 6
    assert ANCHORS not in stored_files(settings)
    cut_off(settings)
    assert "head in newsledger.jsonl" in newsledger("verify", env=env).stderr


@pytest.mark.parametrize("content", [b"\0\0\0\n", b"{}\n"])
def test_an_anchor_that_cannot_be_read_is_a_finding_beside_the_others(settings: Settings, content: bytes) -> None:
    drop_anchor(settings, *head(settings), utc_now())
    stored_files(settings)[ANCHORS] += content
    found = verified(settings)
    assert is_documented("a line of the anchors changed", [found])
    assert "1 finding; restore the file of anchors from a copy" in found
    cut_off(settings)
    found = verified(settings)
    assert "head in anchors.jsonl" in found
    assert "line 2 is no anchor" in found


def test_anchors_that_are_gone_are_missed(settings: Settings) -> None:
    for _ in range(2):
        drop_anchor(settings, *head(settings), utc_now())
    assert verified(settings) == ""
    files = stored_files(settings)
    line, *_ = files.pop(ANCHORS).splitlines(keepends=True)
    for _ in range(2):
        assert is_documented("anchors deleted", [verified(settings)])
    files[ANCHORS] = line
    assert "has 1 anchors; the last verification has seen 2" in verified(settings)
    del files[CHECKPOINT]
    assert verified(settings) == ""


@pytest.mark.parametrize("sql", ["drop table main.build_info", "delete from main.build_info"])
def test_a_published_file_that_no_longer_says_what_it_was_built_from_is_found(settings: Settings, sql: str) -> None:
    publish(settings, "news.duckdb")
    assert verified(settings) == ""
    with duckdb.connect(settings.news_file) as con:
        con.execute(sql)
    shared_files(settings).send(settings.news_file)
    for _ in range(2):
        found = verified(settings)
        assert is_documented("build_info of the published file removed", [found])
        assert "1 finding; run `newsledger models --anew`" in found


def test_the_reason_of_an_erasure_cannot_print_a_line_of_its_own(settings: Settings) -> None:
    with Ledger.open(settings.ledger_catalog) as ledger:
        (first,) = ledger.table("select events, digest from ledger.appends where append_no = 1").to_pylist()
        erased = ArticleRedacted(
            stream=f"article:{UUID(int=1)}",
            occurred_at=utc_now(),
            producer="redact@1",
            source_id="example",
            article_id=UUID(int=1),
            scope=RedactionScope.ARTICLE,
            reason="asked\nhead 1:sha256:00\r\u202eevil",
            seals=(Seal(append_no=1, **first),),
        )
        ledger.append([erased], Run("r"))
    printed = newsledger("verify", "--data", settings.data).stdout
    assert len([line for line in printed.splitlines() if line.startswith("head ")]) == 1
    assert "asked head 1:sha256:00 \N{REPLACEMENT CHARACTER}evil\n" in printed


@pytest.mark.parametrize("name", ["news.duckdb", "build.duckdb"])
def test_damage_in_what_was_built_is_found_and_the_ledger_is_said_to_be_sound(settings: Settings, name: str) -> None:
    publish(settings, name)
    assert verified(settings) == ""
    with (settings.data / name).open("r+b") as file:
        file.seek(-200_000, os.SEEK_END)
        file.write(b"damaged")
    shared_files(settings).send(settings.data / name)
    found = verified(settings)
    assert f"{settings.data}/{name}: cannot be read: IO Error: Corrupt database file" in found
    assert "1 finding; run `newsledger models --anew` and `newsledger publish`" in found
    shared_files(settings).delete(settings.data / name)
    (settings.data / name).unlink()
    assert verified(settings) == ""


def test_an_unfinished_build_and_a_foreign_file_keep_no_head(settings: Settings) -> None:
    duckdb.connect(settings.build_file).close()
    settings.news_file.write_bytes(b"something else")
    shared_files(settings).send(settings.news_file)
    assert list(heads_of_builds(settings)) == []
    assert verified(settings).count("valid DuckDB database file") == 1
    with Ledger.open(settings.ledger_catalog) as ledger:
        assert list(missing_heads(ledger, [KeptHead("here", head(settings)[1])])) == []
