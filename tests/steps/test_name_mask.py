from __future__ import annotations

import pytest

from pipeline.steps.name_mask import NameMask


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("Lind sagte", "████ sagte"),
        ("Die Blinden und LIND", "Die Blinden und ████"),
        ("Lind-Regierung, Lind’ Plan", "████-Regierung, ████’ Plan"),
        ("das Kabinett Linds", "das Kabinett █████"),
        ("https://a.example/der-lind-plan-1", "https://a.example/der-xxxx-plan-1"),
        ("https://a.example/blind", "https://a.example/blind"),
    ],
)
def test_each_word_of_a_name_is_masked(text: str, masked: str) -> None:
    assert NameMask("Lind")._mask(text) == masked


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("#AdaLindqvist #lindqvist", "#xxxxxxxxxxxx #xxxxxxxxx"),
        ("by ada lindqvist, ADA_LINDQVIST", "by ███ █████████, ███_█████████"),
        ("ada-von-lindqvist and lindqvist, ada", "███-███-█████████ and █████████, ███"),
        ("adalindqvist’s page, slug ada.lindqvist", "████████████’s page, slug ███.█████████"),
        ("https://a.example/adalindqvist/2", "https://a.example/xxxxxxxxxxxx/2"),
        ("adalindqvist@a.example", "xxxxxxxxxxxx@a.example"),
        ("canada lindqvists lind qvist", "canada lindqvists lind qvist"),
    ],
)
def test_words_of_a_name_are_masked_in_any_case_where_they_stand_together(text: str, masked: str) -> None:
    mask = NameMask("Ada Lindqvist")
    assert mask._mask(text) == masked
    assert len(masked) == len(text)
    assert mask.is_in(text)


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
