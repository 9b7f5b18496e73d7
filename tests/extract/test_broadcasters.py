"""Captions of videos, sounds and series of pictures, in the manners in which broadcasters weave them into the text."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from pipeline.demo.articles import SampleAudio, SamplePictures, SampleVideo, load_articles
from pipeline.demo.editions import Desk
from pipeline.demo.outlets import Outlet, load_outlets
from pipeline.demo.pages import create_environment, render_article
from pipeline.events import Medium
from pipeline.extract.article import extract_page
from pipeline.extract.page.removal import Video
from tests.golden.made_up import DEICH, extract, page, paragraphs

DAY = date(2025, 10, 26)
MANNERS: dict[str, tuple[str, Video]] = {
    "a teaser with its programme, ARD": (
        "<div class='copytext__video'><div class='player'><button aria-label='Video abspielen'></button></div>"
        "<p><span class='label'>Video:</span><strong>Helfer füllen in Ostbrook Sandsäcke</strong>"
        "<span>, A. Muster, NFD, Abendblick, 26.10.2025 20:00 Uhr</span></p><span class='duration'>2 Min</span></div>",
        Video("Helfer füllen in Ostbrook Sandsäcke", DAY, 120),
    ),
    "a sound with its source, ARD": (
        "<div class='mediaplayer audio'><h4>Audio: Wie ein Deich von innen aussieht</h4>"
        "<p class='infotext'>26.10.2025 | 4:31 Min. | Quelle: NFD</p></div>",
        Video("Wie ein Deich von innen aussieht", DAY, 271, Medium.AUDIO),
    ),
    "a player of its own element, ORF": (
        "<section class='story-video'><video-player><div>Am Deich</div>"
        "<p>Lena Beispiel zeigt, wie die Helfer arbeiten.</p></video-player></section>",
        Video("Lena Beispiel zeigt, wie die Helfer arbeiten."),
    ),
    "a sound with a spoken length, SRF": (
        "<div class='article-media article-media--audio'><a href='/audio/1'><span>Audio</span>"
        "<span>Wie ein Deich gebaut wird</span></a><div><span>26.10.2025</span> <span>Bild: Max Muster</span></div>"
        "<div>04:31 min</div><div>abspielen. Laufzeit 4 Minuten 31 Sekunden.</div></div>",
        Video("Wie ein Deich gebaut wird", DAY, 271, Medium.AUDIO),
    ),
    "a caption with a hidden label, BBC": (
        "<div data-component='media-block'><div class='player'><button>Play</button></div><div><p>"
        "<span class='visually-hidden'>Media caption, </span>Watch: Volunteers fill sandbags</p></div></div>",
        Video("Volunteers fill sandbags"),
    ),
    "a sound with a length in words, BBC": (
        "<div data-component='audio-block'><div><h3>Listen: How a dyke is built</h3><p>26 October 2025</p>"
        "<p>4 mins 31 secs</p></div></div>",
        Video("How a dyke is built", DAY, 271, Medium.AUDIO),
    ),
    "a caption with a clock, France 24": (
        "<div class='m-em-video'><div></div><div class='m-em-video__text'>Le barrage tient bon</div>"
        "<span class='duration'>02:13</span></div>",
        Video("Le barrage tient bon", None, 133),
    ),
    "a sound with its tools, NPR": (
        "<div class='resaudio'><h4>How the dyke was saved</h4><b>Listen</b><time>4:31</time><ul>"
        "<li><a href='/x.mp3'>Download</a></li><li><a href='/t'>Transcript</a></li></ul></div>",
        Video("How the dyke was saved", None, 271, Medium.AUDIO),
    ),
    "a sound in a figure": (
        "<figure><audio></audio><figcaption>Wie ein Deich von innen aussieht<br>26.10.2025 | 4:31 min</figcaption>"
        "</figure>",
        Video("Wie ein Deich von innen aussieht", DAY, 271, Medium.AUDIO),
    ),
    "a series of pictures in a figure": (
        "<figure><img src='/a.jpg'><figcaption>So sieht es in Ostbrook aus. 26.10.2025 | 12 Bilder</figcaption>"
        "</figure>",
        Video("So sieht es in Ostbrook aus.", DAY, None, Medium.PICTURES),
    ),
    "a series of pictures in a box, ORF": (
        "<section class='slideshow'><h3>Fotostrecke mit 3 Bildern</h3><button>Image</button>"
        "<p>Der Deich bei Ostbrook am Morgen</p></section>",
        Video("Der Deich bei Ostbrook am Morgen", None, None, Medium.PICTURES),
    ),
}


@pytest.mark.parametrize(("markup", "video"), MANNERS.values(), ids=MANNERS)
def test_a_caption_among_the_paragraphs_is_data(markup: str, video: Video) -> None:
    extraction = extract(page(paragraphs(DEICH[:2]) + markup + paragraphs(DEICH[2:])))
    assert extraction.text.split("\n") == list(DEICH)
    assert extraction.videos == (video,)


def expected_of(block: object, desk: Desk) -> Video | None:
    """What the caption of a block of the sample newsroom says; None for another block."""
    match block:
        case SamplePictures(teaser=teaser, day=day):
            return Video(teaser, desk.day_on(day), None, Medium.PICTURES)
        case SampleVideo(teaser=teaser, day=day, duration=duration):
            medium = None
        case SampleAudio(teaser=teaser, day=day, duration=duration):
            medium = Medium.AUDIO
        case _:
            return None
    minutes, seconds = map(int, duration.split(":"))
    return Video(teaser, desk.day_on(day), 60 * minutes + seconds, medium)


@pytest.mark.parametrize("outlet", load_outlets(), ids=lambda outlet: outlet.id)
def test_media_of_the_sample_newsroom_are_data(outlet: Outlet) -> None:
    articles = tuple(article for article in load_articles() if article.outlet == outlet.id)
    desk = Desk(outlet=outlet, articles=articles, first_day=DAY, base_url=f"http://{outlet.host}")
    environment = create_environment()
    found = 0
    for article in articles:
        videos = tuple(filter(None, (expected_of(block, desk) for block in article.body)))
        if videos:
            edition = desk.first_edition(article)
            body = render_article(environment, desk, edition).encode()
            extraction = extract_page(body, url=edition.url, captured_at=datetime(2026, 1, 1, tzinfo=UTC))
            assert extraction.videos == videos
            assert not any((video.teaser or "") in extraction.text for video in videos)
            found += len(videos)
    assert found >= 1


READERS = {
    "named": "<div class='audio-player'><button>Abspielen</button><span>Artikel anhören</span><time>4:12</time></div>",
    "with speeds": "<div class='audio-player'>Das Gespräch <b>00:00 / 03:15</b> <i>0.5x</i> <i>1.0x</i></div>",
}


@pytest.mark.parametrize("markup", READERS.values(), ids=READERS)
def test_a_player_that_reads_the_article_is_no_media_of_it(markup: str) -> None:
    extraction = extract(page(markup + paragraphs(DEICH)))
    assert extraction.videos == ()
    assert extraction.text.split("\n") == list(DEICH)


def test_a_text_in_a_box_named_for_a_video_is_no_caption() -> None:
    body = f"<div class='video'><p>{DEICH[0]}</p><p>{DEICH[1]}</p></div>" + paragraphs(DEICH[2:])
    assert extract(page(body)).text.split("\n") == list(DEICH)
