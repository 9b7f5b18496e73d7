"""newsledger extract and annotate: saved pages and texts, one line of JSON for each."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from tests.conftest import SHARED
from tests.worlds.running import fails_with_one_line, newsledger

pytestmark = pytest.mark.slow


PAGE = """<!doctype html><html lang="de"><head><title>Pegel fällt</title></head><body><article><h1>Pegel fällt</h1>
<p>Das Wasser der Ruhna ist in der Nacht um zwei Meter gefallen, teilte der Landkreis am Dienstagmorgen mit.</p>
<p>„Wir atmen auf“, sagte Landrätin Anke Rademacher. „Aber wir bleiben wachsam, bis der Deich wieder dicht ist.“</p>
<p>Die Bundesstraße bleibt bis zum Wochenende gesperrt, weil das Wasser die Fahrbahn unterspült hat.</p>
</article></body></html>"""


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    (tmp_path / "a.html").write_text(PAGE, "utf-8")
    (tmp_path / "b.html.gz").write_bytes(gzip.compress(PAGE.replace("Pegel", "Wasser").encode()))
    (tmp_path / "empty.html").write_text("<html></html>")
    return tmp_path


def test_extract_prints_a_saved_page_as_one_line_of_json(saved: Path) -> None:
    done = newsledger("extract", saved / "a.html", "--url", "https://bote.example/pegel")
    assert done.returncode == 0, done.stderr
    article = json.loads(done.stdout)
    assert article["headline"] == "Pegel fällt"
    assert article["text"].startswith("Das Wasser der Ruhna")
    fields = (
        "url kicker headline lead blocks text authors published_at modified_at language section access videos stripped"
    )
    assert set(fields.split()) <= set(article)


def test_list_output_has_the_order_and_ids_of_the_input(saved: Path) -> None:
    names = ["a.html", "b.html.gz", "empty.html", "missing.html"] * 15
    rows = [
        {"id": f"{n}", "path": name, "url": f"https://bote.example/{n}", "captured_at": "2026-03-03T10:00:00Z"}
        for n, name in enumerate(names)
    ]
    (saved / "list.jsonl").write_text("\n".join(json.dumps(row) for row in rows))
    runs = [newsledger("extract", "--from", saved / "list.jsonl", "--jobs", jobs) for jobs in (1, 2)]
    assert runs[0].stdout == runs[1].stdout
    answers = [json.loads(line) for line in runs[0].stdout.splitlines()]
    assert [answer["id"] for answer in answers] == [row["id"] for row in rows]
    assert [answers[1]["headline"], answers[2]["error"]["reason"]] == ["Wasser fällt", answers[2]["error"]["reason"]]
    assert answers[3]["error"]["reason"] == "unreadable"
    assert runs[0].returncode == 1
    assert "30 of 60 gave no article" in runs[0].stderr


def test_error_in_a_list_names_its_line(tmp_path: Path) -> None:
    (tmp_path / "list.jsonl").write_text('{"id": "1", "path": "x", "url": "y"}\n{"id": 2}\n')
    for command in ("extract", "annotate"):
        line = fails_with_one_line(newsledger(command, "--from", tmp_path / "list.jsonl"))
        assert "list.jsonl, line" in line


def test_annotate_reads_files_lists_and_standard_input(tmp_path: Path) -> None:
    text = (
        "„Wir atmen auf“, sagte Landrätin Anke Rademacher am Dienstag im Rathaus von Brückfeld nach der langen Nacht."
    )
    (tmp_path / "a.txt").write_text(text, "utf-8")
    (tmp_path / "list.jsonl").write_text(json.dumps({"id": "x", "text": text, "language": "de"}))
    answers = [
        json.loads(newsledger("annotate", tmp_path / "a.txt").stdout),
        json.loads(newsledger("annotate", "--from", tmp_path / "list.jsonl").stdout),
        json.loads(newsledger("annotate", stdin=text).stdout),
    ]
    assert answers[1]["id"] == "x"
    for answer in answers:
        (quote,) = answer["quotes"]
        assert text[quote["start"] : quote["end"]] == quote["text"] == "Wir atmen auf"
        assert text[quote["speaker"]["start"] : quote["speaker"]["end"]] == quote["speaker"]["surface"]
        assert quote["person"] == "Anke Rademacher"


@pytest.mark.skipif(not SHARED.is_dir(), reason="the evaluation texts are not beside the checkout")
def test_extract_text_removes_captions_glued_to_sentences() -> None:
    done = newsledger("extract", "--text", SHARED / "data" / "seed" / "zdf-article.txt")
    article = json.loads(done.stdout)
    assert len(article["videos"]) == 8
    assert sum(block["kind"] == "video_caption" for block in article["stripped"]) == 8
    assert " min" not in article["text"]
    assert article["kicker"] == "Im Falle einer Waffenruhe in der Ukraine"
