"""Parsing pages: charsets, damaged bytes, and hostile pages."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.errors import PageError
from pipeline.extract.page.parsed_page import as_utf8
from tests.golden.made_up import BROADCASTER, DEICH, extract, page, paragraphs


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        ("Brückfeld".encode(), None),
        ("Brückfeld".encode(), "text/html; charset=iso-8859-1"),
        ("Brückfeld".encode("cp1252"), "text/html; charset=ISO-8859-1"),
        ("Brückfeld".encode("cp1252"), None),
        ('<meta charset="windows-1252">Brückfeld'.encode("cp1252"), None),
        ("Brückfeld".encode("utf-16"), None),
        (b"\xef\xbb\xbf" + "Brückfeld".encode(), "text/html; charset=latin1"),
        ("Brückfeld".encode() * 3 + b"\xc3", None),
        ("Brückfeld".encode(), "text/html; charset=base64"),
        ("Brückfeld".encode(), "text/html; charset=no-such"),
    ],
)
def test_charsets(body: bytes, content_type: str | None) -> None:
    assert "Brückfeld".encode() in as_utf8(body, content_type)


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "empty"),
        (b" \n", "empty"),
        (b"%PDF-1.7 something", "not_html"),
        (b"\x00\x01\x02\x03" * 500, "not_html"),
        (b'{"json": true}', "not_html"),
        (b"just some words", "not_html"),
        (b"<html><body></body></html>", "no_text"),
        (b"<html><body>" + b"<div>" * 20_000 + b"<p>deep</p>" + b"</div>" * 20_000, "no_text"),
        (b"<p>" + b"x" * 17_000_000, "too_large"),
        (b"<html><body>" + b"<b></b>" * 100_000, "too_large"),
    ],
)
def test_a_page_without_an_article_is_refused_with_a_reason(body: bytes, reason: str) -> None:
    with pytest.raises(PageError) as caught:
        extract(body)
    assert caught.value.reason == reason


@pytest.mark.parametrize("tag", ["div", "blockquote", "ul><li", "table><tr><td", "span", "figure", "section"])
def test_deep_nesting_does_not_crash(tag: str) -> None:
    nested = "".join(f"<{tag}>" for _ in range(900)) + paragraphs(DEICH)
    try:
        extraction = extract(page(nested))
    except PageError:
        return
    assert "Brückfeld" not in extraction.text


def test_a_large_page_is_read() -> None:
    many = tuple(f"{DEICH[number % 4]} Das war die Meldung Nummer {number} dieser Nacht." for number in range(4_000))
    extraction = extract(page(paragraphs(many) + f"<script>{'x=1;' * 1_000_000}</script>"))
    assert extraction.word_count > 50_000


def test_text_has_no_surrogates_or_nul_characters() -> None:
    text = extract(page(f"<p>{DEICH[0]} &#xD800;&#0;&#1;\x00 {DEICH[1]}</p>" + paragraphs(DEICH[2:]))).text
    text.encode()
    assert "\x00" not in text


def test_the_digest_changes_with_headline_and_text_only() -> None:
    one = extract(page(paragraphs(DEICH)))
    assert one.text_digest == extract(page(paragraphs(DEICH) + "<script>1</script>")).text_digest
    assert one.text_digest != extract(page(paragraphs(DEICH), headline="Deich hält in dieser Nacht")).text_digest
    assert one.text_digest != extract(page(paragraphs(DEICH[:3]))).text_digest


@given(st.binary(max_size=2_000))
@settings(deadline=None, max_examples=80)
def test_any_bytes_give_an_article_or_a_page_error(body: bytes) -> None:
    with contextlib.suppress(PageError):
        assert extract(b"<html><body>" + body).text


@given(st.data())
@settings(deadline=None, max_examples=60)
def test_a_damaged_page_gives_the_same_result_twice(data: st.DataObject) -> None:
    body = bytearray(BROADCASTER.encode())
    for _ in range(data.draw(st.integers(1, 6))):
        start = data.draw(st.integers(0, len(body) - 1))
        body[start : start + data.draw(st.integers(0, 40))] = data.draw(st.binary(max_size=12))
    results: list[object] = []
    for _ in range(2):
        try:
            results.append(extract(bytes(body)))
        except PageError as refused:
            results.append((refused.reason, refused.detail))
    assert results[0] == results[1]
