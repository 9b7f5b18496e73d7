from __future__ import annotations

from uuid import uuid4

import pytest

from pipeline.errors import NewsledgerError
from pipeline.ids import text_digest
from pipeline.ledger.rows import Recorded
from pipeline.steps.name_mask import NameMask
from tests.worlds.stories import NOON, captured, discovered, extracted


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


@pytest.mark.parametrize(
    ("name", "text", "masked"),
    [
        ("محمد صلاح", "قال محمد صلاح ولصلاح إصلاح", "قال ████ ████ ██████ إصلاح"),
        ("王毅", "外交部长王毅说", "外交部长██说"),
        ("bell hooks", "a book by bell hooks, BELL HOOKS", "a book by ████ █████, ████ █████"),
        ("Владимир Путин", "слова Владимира Путина", "слова █████████ ██████"),
        ("Анна Белова", "Анны Беловой", "████ ███████"),
        ("Jörg Müller", "Mueller, Muller, M&uuml;ller, MÜLLER", "███████, ██████, ███████████, ██████"),
        ("Jorg Mueller", "Jörg Müller und Mühler", "████ ██████ und Mühler"),
        ("Anna Groß", "Anna Gross", "████ █████"),
        ("Ada Lindqvist", "Lindqvistsche Lindqvist_ Lindqvist2", "█████████████ █████████_ █████████2"),
        ("Ada Lindqvist", "Lind\u00adqvist Lind\u200bqvist", "██████████ ██████████"),
        ("Ursula von der Leyen", "#vonderleyen von heute, der Leyen", "#xxxxxxxxxxx von heute, der █████"),
        ("Sean O'Connor", "O’Connor, OCONNOR, plan O", "████████, ███████, plan O"),
        ("George W. Bush", "W. sagte Bush", "W. sagte ████"),
        ("Ada Brandt", "Adam, Adapter, ada", "Adam, Adapter, ada"),
    ],
)
def test_names_of_all_scripts_are_masked_however_they_are_spelt(name: str, text: str, masked: str) -> None:
    assert NameMask(name)._mask(text) == masked


@pytest.mark.parametrize("nothing", ["", "7", " – "])
def test_what_has_no_letter_is_no_name(nothing: str) -> None:
    with pytest.raises(NewsledgerError, match="has no letter"):
        NameMask(nothing)


def test_near_spellings_are_named() -> None:
    item = Recorded(
        event_id=uuid4(),
        position=1,
        recorded_at=NOON,
        run_id="r",
        event=discovered("https://a.example/1", NOON, title="Quilfeather and ████ at the harbour, Superquillfeathers"),
    )
    assert NameMask("Orla Quillfeather").near([item]) == ["Quilfeather", "Superquillfeathers"]


def test_no_digest_of_the_whole_text_is_left_with_which_names_could_be_tried() -> None:
    item = discovered("https://alpha.example/lind", NOON)
    article = extracted(captured(item, "page", NOON), "Lind leaves", "So Lind said.")
    recorded = Recorded(position=1, event_id=uuid4(), recorded_at=NOON, run_id="run", event=article)
    masked = NameMask("Lind").masked(recorded).event
    assert getattr(masked, "text_digest", None) == text_digest("████ leaves", None, "So ████ said.")
