"""Text that another extractor left."""

from __future__ import annotations

import re
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.errors import PageError
from pipeline.events import BlockKind
from pipeline.extract.page.removal import VIDEO_TIME
from pipeline.extract.repair import repair_text
from tests.conftest import SHARED
from tests.golden.made_up import DEICH, HARBOUR, kinds

GLUED = (
    "Nach der Flut im Ruhntal:Land und Bund wollen gemeinsam zahlen\n"
    "Die Schäden sind groß, das Geld soll schnell fließen. Doch Fragen bleiben.\n"
    "Pressekonferenz mit Anke Tamsen (Bürgermeisterin) zur Lage im Ruhntal\n"
    f"06.01.2026 | 59:00 min{DEICH[0]}\n"
    "Das Wasser geht zurück, die Sorgen bleiben: Unterwegs mit Helfern in Brückfeld.\n"
    "07.01.2026 | 2:30 minTamsen stellt schnelle Hilfe in Aussicht\n"
    "Nach dem Treffen in Altenruhn sagte sie:\n"
    "Dazu kann auch gehören, dass wir die Anträge ohne lange Prüfung bewilligen.\n"
    "Anke Tamsen\n"
    f"{DEICH[3]}\n"
    "Aktuelle Meldungen zum Hochwasser finden Sie jederzeit in unserem Liveblog:\n"
)


def test_repair_parts_kicker_and_headline() -> None:
    repaired = repair_text(GLUED)
    assert (repaired.kicker, repaired.headline) == ("Nach der Flut im Ruhntal", "Land und Bund wollen gemeinsam zahlen")


def test_repair_takes_glued_video_captions_out() -> None:
    repaired = repair_text(GLUED)
    assert [(video.published_on, video.duration_seconds) for video in repaired.videos] == [
        (date(2026, 1, 6), 3540),
        (date(2026, 1, 7), 150),
    ]
    assert repaired.videos[0].teaser == "Pressekonferenz mit Anke Tamsen (Bürgermeisterin) zur Lage im Ruhntal"
    assert not VIDEO_TIME.search(repaired.text)
    assert "Pressekonferenz" not in repaired.text


def test_repair_keeps_the_article() -> None:
    repaired = repair_text(GLUED)
    assert [(block.kind, block.text) for block in repaired.blocks] == [
        (BlockKind.PARAGRAPH, "Die Schäden sind groß, das Geld soll schnell fließen. Doch Fragen bleiben."),
        (BlockKind.PARAGRAPH, DEICH[0]),
        (BlockKind.SUBHEADING, "Tamsen stellt schnelle Hilfe in Aussicht"),
        (BlockKind.PARAGRAPH, "Nach dem Treffen in Altenruhn sagte sie:"),
        (BlockKind.QUOTATION, "Dazu kann auch gehören, dass wir die Anträge ohne lange Prüfung bewilligen."),
        (BlockKind.PARAGRAPH, "Anke Tamsen"),
        (BlockKind.PARAGRAPH, DEICH[3]),
    ]
    assert "liveblog_pointer" in kinds(repaired)


def test_repair_of_nothing_says_why() -> None:
    with pytest.raises(PageError, match="no_text"):
        repair_text(" \n ")


@given(st.text(max_size=500))
@settings(deadline=None)
def test_any_text_can_be_repaired_or_refused(text: str) -> None:
    try:
        repaired = repair_text(text)
    except PageError:
        return
    assert repaired == repair_text(text)
    repaired.text.encode()


# The twin of a real text, made up: eight videos, two of them before headings


def _glued(teaser: str, time: str, rest: str) -> str:
    return f"{teaser}\n{time}{rest}\n"


def test_a_whole_article_with_eight_videos() -> None:
    teasers = [f"Video Nummer {number}: So sah es am Sonntag in Brückfeld aus." for number in range(8)]
    rests = [*DEICH, "Streit um das Geld", *DEICH[:2], "Was jetzt geplant ist"]
    body = "".join(
        _glued(teaser, f"0{number + 1}.03.2026 | {number}:05 min", rest) + f"{HARBOUR[number % 4]} Nummer {number}.\n"
        for number, (teaser, rest) in enumerate(zip(teasers, rests, strict=True))
    )
    repaired = repair_text(f"Hochwasser im Ruhntal:Deich hält in der Nacht\n{body}Mehr im Liveblog\n")
    assert [video.teaser for video in repaired.videos] == teasers
    assert [video.duration_seconds for video in repaired.videos] == [60 * number + 5 for number in range(8)]
    assert [stripped.kind for stripped in repaired.stripped].count("video_caption") == 8
    assert [block.text for block in repaired.blocks if block.kind is BlockKind.SUBHEADING] == [rests[4], rests[7]]
    for sentence in (*rests, *(f"{HARBOUR[number % 4]} Nummer {number}." for number in range(8))):
        assert sentence in [block.text for block in repaired.blocks]


SEED = SHARED / "data" / "seed" / "zdf-article.txt"


@pytest.mark.skipif(not SEED.is_file(), reason="no real text beside the checkout")
def test_the_real_text_is_repaired() -> None:
    text = SEED.read_text("utf-8")
    repaired = repair_text(text)
    assert (repaired.kicker, len(repaired.videos)) == ("Im Falle einer Waffenruhe in der Ukraine", 8)
    assert repaired.headline is not None
    assert repaired.headline.startswith("Großbritannien")
    assert [stripped.kind for stripped in repaired.stripped] == ["video_caption"] * 8 + ["liveblog_pointer"]
    assert not VIDEO_TIME.search(repaired.text)
    said = [repaired.kicker or "", repaired.headline, repaired.text, *(stripped.text for stripped in repaired.stripped)]
    assert sorted(re.findall(r"\w+", " ".join(said))) == sorted(
        re.findall(r"\w+", re.sub(r"(min)(?=[A-ZÄÖÜ])", r"\1 ", text))
    )
    assert [attribution.speaker for attribution in repaired.attributions] == ["Friedrich Merz"]
