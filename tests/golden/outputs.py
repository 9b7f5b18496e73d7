"""What extraction gives for the golden pages, byte for byte, and what was recorded of it for each producer."""

from __future__ import annotations

from pathlib import Path

import msgspec

from pipeline.extract import PRODUCER
from pipeline.ids import digest
from tests.golden.made_up import extract

FOLDER = Path(__file__).resolve().parent
PAGES = sorted((FOLDER / "pages").glob("*.html"))
DIGESTS = FOLDER / "digests.json"
"""For each producer the digest of each page's output. An entry is never changed: another output is another producer."""


def output_of(page: Path) -> bytes:
    """The page's extraction as readable JSON."""
    extraction = extract(page.read_bytes(), url=f"https://holmbote.example/region/{page.stem}")
    return msgspec.json.format(msgspec.json.encode(extraction), indent=1) + b"\n"


def expected_file(page: Path) -> Path:
    return page.with_suffix(".json")


def current_digests() -> dict[str, str]:
    return {page.stem: digest(output_of(page)) for page in PAGES}


def recorded_digests() -> dict[str, dict[str, str]]:
    return msgspec.json.decode(DIGESTS.read_bytes(), type=dict[str, dict[str, str]]) if DIGESTS.exists() else {}


def record() -> None:
    """Write what this producer gives. Raises ValueError when it has been recorded with another output."""
    recorded, current = recorded_digests(), current_digests()
    if recorded.get(PRODUCER, current) != current:
        raise ValueError(f"the output of {PRODUCER} has changed: give the producer a new number")
    recorded[PRODUCER] = current
    DIGESTS.write_bytes(msgspec.json.format(msgspec.json.encode(recorded), indent=1) + b"\n")
    for page in PAGES:
        expected_file(page).write_bytes(output_of(page))
