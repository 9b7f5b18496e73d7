"""Replay: the same bytes give the same output, in every process; another output is another producer."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.extract import PRODUCER
from pipeline.workers import parallel_map
from tests.golden.outputs import PAGES, current_digests, expected_file, output_of, recorded_digests
from tests.pictures.extraction import HTML_FILE, PICTURE_FILE, render

PRINT_OUTPUTS = """
import sys
from tests.golden.outputs import PAGES, output_of
for page in PAGES if sys.argv[1] == "forwards" else reversed(PAGES):
    sys.stdout.buffer.write(output_of(page))
"""


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_golden_page_gives_what_it_gave(page: Path) -> None:
    assert output_of(page).decode() == expected_file(page).read_text("utf-8"), (
        "If this is meant, give PRODUCER a new number and run `python -m tests.golden`."
    )


def test_another_output_is_another_producer() -> None:
    recorded = recorded_digests()
    assert PRODUCER in recorded, "Run `python -m tests.golden` to record what the new producer gives."
    assert recorded[PRODUCER] == current_digests(), "The output has changed, the producer's number has not."


def test_the_newest_recorded_producer_is_the_one_that_runs() -> None:
    assert max(recorded_digests(), key=lambda producer: int(producer.rpartition("@")[2])) == PRODUCER


@pytest.mark.parametrize(("seed", "order"), [("0", "forwards"), ("4711", "backwards")])
def test_neither_hash_seed_nor_order_changes_a_byte(seed: str, order: str) -> None:
    printed = subprocess.run(
        [sys.executable, "-c", PRINT_OUTPUTS, order],
        env={"PYTHONHASHSEED": seed, "PYTHONPATH": str(Path(__file__).resolve().parents[2])},
        check=True,
        capture_output=True,
    ).stdout
    pages = PAGES if order == "forwards" else list(reversed(PAGES))
    assert printed == b"".join(map(output_of, pages))


@pytest.mark.parametrize("jobs", [1, 3])
def test_any_number_of_processes_gives_the_same_bytes(jobs: int) -> None:
    pages = PAGES * 8
    alone = {page: output_of(page) for page in PAGES}
    assert list(parallel_map(output_of, pages, jobs)) == [alone[page] for page in pages]


def test_the_picture_in_the_docs_is_of_what_is_extracted_now() -> None:
    assert HTML_FILE.read_text("utf-8") == render(), "Run `python -m tests.pictures.extraction`, look at the picture."
    assert PICTURE_FILE.read_bytes().startswith(b"\x89PNG")
