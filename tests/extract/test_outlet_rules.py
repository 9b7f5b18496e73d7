"""Rules for single outlets. (Those that come along are tested against their own examples, with the other rules.)"""

from __future__ import annotations

import msgspec
import pytest

from pipeline.extract.article import extract_page
from pipeline.extract.boilerplate.outlet_rules import Expected, OutletRules, Unwanted, load_outlet_rules, rules_for_page
from tests.golden.made_up import CAPTURED_AT, DEICH, HARBOUR, URL, page, paragraphs

TICKER = f"<div class='k1'><p>{HARBOUR[0]}</p></div>"


def outlet(**fields: object) -> OutletRules:
    entry = {"host": "holmbote.example", "reason": "", "example": "", "expected": Expected("", 0, 0), **fields}
    return msgspec.convert(entry, OutletRules)


def blocks(body: bytes, entry: OutletRules) -> list[str]:
    extraction = extract_page(body, url=URL, captured_at=CAPTURED_AT, outlet=entry)
    return [block.text for block in extraction.blocks]


def test_an_outlets_own_boilerplate_is_stripped_and_recorded() -> None:
    entry = outlet(remove=(Unwanted("//div[@class='k1']", "ticker"),))
    body = page(paragraphs(DEICH[:2]) + TICKER + paragraphs(DEICH[2:]))
    extraction = extract_page(body, url=URL, captured_at=CAPTURED_AT, outlet=entry)
    assert [block.text for block in extraction.blocks] == list(DEICH)
    recorded = [(stripped.kind, stripped.text) for stripped in extraction.stripped if stripped.kind != "unselected"]
    assert recorded == [("ticker", HARBOUR[0])]


def test_an_entry_that_would_take_most_of_the_page_takes_nothing() -> None:
    entry = outlet(remove=(Unwanted("//p", "ticker"),))
    assert blocks(page(paragraphs(DEICH)), entry) == list(DEICH)


def test_an_outlets_headline_and_body_can_be_named() -> None:
    body = page(f"<b class='t9'>Wasser sinkt</b><div class='k9'>{paragraphs(DEICH * 2)}</div>{paragraphs(HARBOUR * 2)}")
    entry = outlet(headline="//b[@class='t9']", body="//div[@class='k9']")
    extraction = extract_page(body, url=URL, captured_at=CAPTURED_AT, outlet=entry)
    assert extraction.blocks[0].text == DEICH[0]
    assert "Wasser sinkt" not in extraction.text


@pytest.mark.parametrize(
    ("url", "found"),
    [
        ("https://www.freiepresse.de/a-1", True),
        ("https://freiepresse.de/a-1", True),
        ("https://notfreiepresse.de/a-1", False),
        ("https://holmbote.example/freiepresse.de", False),
    ],
)
def test_an_entry_is_for_its_host_and_subdomains(url: str, found: bool) -> None:
    assert (rules_for_page(url) is not None) is found


def test_every_entry_says_why() -> None:
    assert all(entry.reason and entry.example and (entry.remove or entry.body) for entry in load_outlet_rules())
