"""Extraction beside its peers, on real pages with gold: `python -m tests.benchmarks.extraction [PAGES]`.

For each extractor that is installed, in a process of its own: pages per CPU second with metadata, peak memory, and the
scorer's figures for all pages and for either half of the publishers (rules are tuned on half A only). PAGES is a folder
of <id>/page.html.gz and <id>/gold.json; by default the evaluation data beside the checkout. The peers are in the extra
`bench`.

`python -m tests.benchmarks.extraction --perturbed` prints newsledger's figures for the same pages in other mark-up.

`python -m tests.benchmarks.extraction --memory 20000` sends so many pages, the same ones again and again, through the
worker processes of the steps, and prints the memory of this process and of the largest worker on the way.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import msgspec

from pipeline.errors import PageError
from pipeline.extract.article import extract_page
from tests.benchmarks.memory import SavedPage, measure_memory
from tests.benchmarks.perturbed_pages import PERTURBATIONS, perturbed
from tests.conftest import SHARED

DATASET = SHARED / "data" / "pages"
SCORER = SHARED / "tools" / "score_extraction.py"
REPEATS = 3
"""The least CPU time of so many runs counts: other processes only add to it."""

Answer = Mapping[str, object]


class EvaluationPage(msgspec.Struct, frozen=True):
    id: str
    url: str
    publisher: str
    captured_at: datetime
    body: bytes


def newsledger(page: EvaluationPage) -> Answer:
    try:
        extraction = extract_page(page.body, url=page.url, captured_at=page.captured_at)
    except PageError:
        return {}
    answer: Answer = msgspec.to_builtins(extraction)
    return answer


def trafilatura(page: EvaluationPage) -> Answer:
    bare_extraction: Any = import_module("trafilatura").bare_extraction
    extracted = bare_extraction(page.body, url=page.url, with_metadata=True, include_comments=False)
    if extracted is None:
        return {}
    authors = (extracted.author or "").split("; ")
    return {
        "headline": extracted.title,
        "text": extracted.text or "",
        "authors": authors,
        "published_at": extracted.date,
    }


def newspaper4k(page: EvaluationPage) -> Answer:
    # Without these options it would fetch pictures and linked pages from the outlets' servers.
    article: Any = import_module("newspaper").Article(page.url, fetch_images=False)
    article.download(input_html=page.body.decode("utf-8", "replace"), ignore_read_more=True)
    article.parse()
    published_at = article.publish_date.isoformat() if article.publish_date else None
    return {"headline": article.title, "text": article.text, "authors": article.authors, "published_at": published_at}


def readability_lxml(page: EvaluationPage) -> Answer:
    document: Any = import_module("readability").Document(page.body.decode("utf-8", "replace"))
    html: Any = import_module("lxml.html").fromstring(document.summary())
    lines = (" ".join(element.text_content().split()) for element in html.iter("p", "h2", "h3", "h4", "li"))
    return {"headline": document.short_title(), "text": "\n".join(filter(None, lines))}


def resiliparse(page: EvaluationPage) -> Answer:
    extract: Any = import_module("resiliparse.extract.html2text").extract_plain_text
    text = extract(page.body.decode("utf-8", "replace"), main_content=True, alt_texts=False)
    return {"text": text}


EXTRACTORS: Mapping[str, tuple[str, Callable[[EvaluationPage], Answer]]] = {
    "newsledger": ("pipeline.extract", newsledger),
    "trafilatura": ("trafilatura", trafilatura),
    "newspaper4k": ("newspaper", newspaper4k),
    "readability-lxml": ("readability", readability_lxml),
    "resiliparse": ("resiliparse", resiliparse),
}
"""Each with the module that must be installed for it."""


def read_pages(dataset: Path) -> Iterator[EvaluationPage]:
    for gold_file in sorted(dataset.glob("*/gold.json")):
        gold = json.loads(gold_file.read_text("utf-8"))
        name = gold_file.parent.name
        yield EvaluationPage(
            id=name,
            url=gold["url"] or f"https://example.org/{name}",
            publisher=gold["publisher"],
            captured_at=datetime.fromisoformat(gold["crawl_date"]).replace(tzinfo=UTC),
            body=gzip.decompress((gold_file.parent / "page.html.gz").read_bytes()),
        )


def saved_pages(dataset: Path) -> list[SavedPage]:
    return [SavedPage(dataset / page.id / "page.html.gz", page.url, page.captured_at) for page in read_pages(dataset)]


def run(name: str, dataset: Path, answers_file: Path) -> None:
    """Extract all pages; print pages per CPU second, peak megabytes, and which pages it stumbled over."""
    _, extract = EXTRACTORS[name]
    pages = list(read_pages(dataset))
    cpu_seconds = []
    for _ in range(REPEATS):
        failures: dict[str, str] = {}
        started = time.process_time()
        answers = [{**_answer(extract, page, failures), "id": page.id} for page in pages]
        cpu_seconds.append(time.process_time() - started)
    answers_file.write_bytes(b"\n".join(map(msgspec.json.encode, answers)))
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000
    print(
        f"{len(pages) / min(cpu_seconds):.1f} pages a CPU second, first run {len(pages) / cpu_seconds[0]:.1f}", end="; "
    )
    print(f"peak {peak_mb:.0f} MB")
    for page_id, error in failures.items():
        print(f"  {page_id}: {error}")


def _answer(extract: Callable[[EvaluationPage], Answer], page: EvaluationPage, failures: dict[str, str]) -> Answer:
    try:
        return extract(page)
    except Exception as exc:  # noqa: BLE001  # what a peer raises is its own; the page is one that it cannot read
        failures[page.id] = f"{type(exc).__name__}: {exc}".partition("\n")[0][:90]
        return {}


def half_of(publisher: str) -> str:
    return "AB"[hashlib.sha256(publisher.encode()).digest()[0] % 2]


def link_halves(dataset: Path, folder: Path) -> dict[str, Path]:
    """The dataset, and a folder of links for either half of its publishers."""
    for page in read_pages(dataset):
        link = folder / half_of(page.publisher) / page.id
        link.parent.mkdir(exist_ok=True)
        link.symlink_to(dataset / page.id)
    return {"all": dataset, "half A": folder / "A", "half B": folder / "B"}


def main(dataset: Path) -> None:
    with tempfile.TemporaryDirectory() as name:
        folders = link_halves(dataset, Path(name))
        for extractor, (module, _) in EXTRACTORS.items():
            if find_spec(module) is None:
                print(f"{extractor}: not installed")
                continue
            answers_file = Path(name) / f"{extractor}.jsonl"
            one = [
                sys.executable,
                "-m",
                "tests.benchmarks.extraction",
                "--one",
                extractor,
                str(dataset),
                str(answers_file),
            ]
            print(f"{extractor}: {subprocess.run(one, check=True, capture_output=True, text=True).stdout}", end="")
            print_scores(folders, answers_file)


def score_perturbed(dataset: Path) -> None:
    """Print the scorer's figures for the pages in other mark-up, for either half of the publishers."""
    pages = list(read_pages(dataset))
    with tempfile.TemporaryDirectory() as name:
        folders = link_halves(dataset, Path(name))
        answers_file = Path(name) / "answers.jsonl"
        for perturbation in PERTURBATIONS:
            changed = (msgspec.structs.replace(page, body=perturbed(page.body, perturbation)) for page in pages)
            answers_file.write_bytes(
                b"\n".join(msgspec.json.encode({**newsledger(page), "id": page.id}) for page in changed)
            )
            print(perturbation)
            print_scores({part: folders[part] for part in ("half A", "half B")}, answers_file)


def print_scores(folders: Mapping[str, Path], answers_file: Path) -> None:
    for part, folder in folders.items():
        score = [sys.executable, str(SCORER), str(folder), str(answers_file)]
        print(f"  {part:7}", _line(json.loads(subprocess.run(score, check=True, capture_output=True).stdout)))


def _line(figures: dict[str, Any]) -> str:
    body = figures["all"]
    return (
        f"F1 {body['f1']:.4f}  precision {body['precision']:.4f}  recall {body['recall']:.4f}  "
        f"media leak {figures['media_leak_pages_pct']:4.1f} %  promo leak {figures['promo_leak_pages_pct']:4.1f} %  "
        f"title {figures['title']:.3f}  authors {figures['authors_exact']:.3f}  minute {figures['date_minute']:.3f}"
    )


if __name__ == "__main__":
    if sys.argv[1:2] == ["--memory"]:
        measure_memory(saved_pages(DATASET), int(sys.argv[2]))
    elif sys.argv[1:2] == ["--perturbed"]:
        score_perturbed(DATASET)
    elif sys.argv[1:2] == ["--one"]:
        run(sys.argv[2], Path(sys.argv[3]), Path(sys.argv[4]))
    else:
        main(Path(sys.argv[1]) if sys.argv[1:] else DATASET)
