"""The picture in the docs shows what the extractor gives."""

from __future__ import annotations

from tests.pictures.extraction import HTML_FILE, PICTURE_FILE, render


def test_the_picture_is_of_what_is_extracted_now() -> None:
    assert HTML_FILE.read_text("utf-8") == render(), "Run `python -m tests.pictures.extraction`, look at the picture."


def test_the_picture_is_there() -> None:
    assert PICTURE_FILE.read_bytes().startswith(b"\x89PNG")
