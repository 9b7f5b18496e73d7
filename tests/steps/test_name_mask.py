from __future__ import annotations

import pytest

from pipeline.steps.name_mask import NameMask


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("Merz sagte", "████ sagte"),
        ("Die Schmerzen und MERZ", "Die Schmerzen und ████"),
        ("Merz-Regierung, Merz’ Plan", "████-Regierung, ████’ Plan"),
        ("das Kabinett Merzs", "das Kabinett █████"),
        ("https://a.example/der-merz-plan-1", "https://a.example/der-xxxx-plan-1"),
        ("https://a.example/schmerz", "https://a.example/schmerz"),
    ],
)
def test_each_word_of_a_name_is_masked(text: str, masked: str) -> None:
    assert NameMask("Merz")._mask(text) == masked


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("https://a.example/J%C3%B6rg-Frei", "https://a.example/xxxxxxxxx-Frei"),
        ("https://a.example/%C3%B6l?by=%20jo%CC%88rg", "https://a.example/%C3%B6l?by=%20xxxxxxxxxx"),
        ("https://a.example/x?u=%2Fjoerg", "https://a.example/x?u=%2Fxxxxx"),
        ("joerg@a.example", "xxxxx@a.example"),
        ("More at https://a.example/joerg-frei and/or here.", "More at https://a.example/xxxxx-frei and/or here."),
        ("Jo\u0308rg said", "█████ said"),
    ],
)
def test_a_name_is_masked_however_an_address_or_a_text_encodes_it(text: str, masked: str) -> None:
    assert NameMask("Jörg")._mask(text) == masked
    assert NameMask("Jo\u0308rg")._mask(text) == masked
