"""Events of two outlets over some days, and the models that are built from them after the first day and at the end."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from pipeline import models
from pipeline.events import (
    Access,
    ArticleCaptured,
    ArticleExtracted,
    BackfillFinished,
    Event,
    HistoryRead,
    ItemDiscovered,
    PollOutcome,
    QuoteExtracted,
    RunFailed,
    Via,
    WarcType,
)
from pipeline.settings import Settings
from tests.worlds.stories import (
    annotated,
    at,
    captured,
    discovered,
    extracted,
    failed,
    polled,
    quoted,
    stripped,
    unreadable,
)

BRIDGE = "https://alpha.example/bridge"
FIRE = "https://beta.example/fire"
WALL = "https://beta.example/wall"
LATER = "https://beta.example/later"
VIDEO = "https://beta.example/video"
ALPHA_FEED = "https://alpha.example/feed"
BETA_FEED = "https://beta.example/feed"
FIRST_TEXT = "The bridge is closed."
WITHOUT_COMMA = "Cafe\u0301 \U0001f309 owners wait. “It will open soon” said Ms Weber. “Not today” said Mr Otto."
WITH_COMMA = "Cafe\u0301 \U0001f309 owners wait. “It will open soon”, said Ms Weber. “Not today” said Mr Otto."


def page_of(cause: ItemDiscovered | ArticleCaptured, payload: str, when: datetime, offset: int) -> ArticleCaptured:
    return captured(cause, payload, when, warc_offset=offset)


def quote(read: ArticleExtracted, words: str, speaker: str, producer: str) -> QuoteExtracted:
    return quoted(read, words, producer, speaker=speaker, person=f"Full {speaker}", cue="said")


def first_day() -> list[Event]:
    """The bridge closes: one article, a failed capture, two readings."""
    found = discovered(BRIDGE, at(1, 8), published_at=at(1, 7))
    opened = page_of(found, "p1", at(1, 9), 100)
    renamed = page_of(opened, "p2", at(1, 10), 200)
    return [
        polled(ALPHA_FEED, at(1, 8), status=200, items=1, new_items=1),
        found,
        failed(found, "timeout", at(1, 8, 30), will_retry=True),
        opened,
        renamed,
        extracted(opened, "Bridge closed", "Caption. " + FIRST_TEXT, "extract@1"),
        extracted(opened, "Bridge closed", "Video. " + FIRST_TEXT, "extract@2"),
        extracted(renamed, "Bridge shut", FIRST_TEXT, "extract@2"),
    ]


def later_days() -> list[Event]:
    """The bridge's article goes back, then changes by a comma; the second outlet appears, a page of it goes."""
    found = discovered(BRIDGE, at(1, 8), published_at=at(1, 7))
    opened = page_of(found, "p1", at(1, 9), 100)
    renamed = page_of(opened, "p2", at(1, 10), 200)
    back = captured(renamed, "p1", at(1, 11), warc_type=WarcType.REVISIT, warc_offset=300)
    longer = page_of(back, "p3", at(1, 12), 400)
    comma = page_of(longer, "p4", at(1, 13), 500)
    other_advertisement = page_of(comma, "p5", at(2, 13), 600)
    longer_read = extracted(longer, "Bridge closed", WITHOUT_COMMA, "extract@10")
    comma_read = extracted(comma, "Bridge closed", WITH_COMMA, "extract@10", section="City", access=Access.OPEN)
    last_read = extracted(
        other_advertisement, "Bridge closed", WITH_COMMA, "extract@10", section="Region", access=Access.METERED
    )

    fire = discovered(FIRE, at(2, 23, 30))
    fire_page = page_of(fire, "f1", at(3, 1), 700)
    fire_read = extracted(fire_page, "Fire", "A barn burned.", "extract@10", language="en")
    wall, waits, video = (
        discovered(WALL, at(2, 9), via=Via.SITEMAP),
        discovered(LATER, at(3, 9)),
        discovered(VIDEO, at(2, 9)),
    )
    video_page = page_of(video, "v1", at(2, 10), 800)
    return [
        polled(ALPHA_FEED, at(2, 8), PollOutcome.NOT_MODIFIED, status=304),
        polled(ALPHA_FEED, at(3, 8), PollOutcome.FAILED, reason="timeout"),
        polled(ALPHA_FEED, at(4, 8), PollOutcome.GONE, status=410, reason="gone"),
        polled(BETA_FEED, at(2, 9), status=200, items=3, new_items=3),
        polled(BETA_FEED, at(3, 9), status=200, items=4, new_items=1, overlap=True),
        polled(
            BETA_FEED, at(4, 9), status=200, items=2, new_items=0, overlap=False, gap_from=at(3, 9), gap_to=at(4, 7)
        ),
        discovered(BRIDGE, at(2, 8), published_at=at(1, 7), summary="Changed", supersedes=found.event_id),
        fire, wall, waits, video,
        back, longer, comma, other_advertisement,
        extracted(opened, "Bridge closed", FIRST_TEXT, "extract@10"),
        extracted(renamed, "Bridge shut", FIRST_TEXT, "extract@10"),
        longer_read, comma_read, last_read,
        annotated(comma_read, "annotate@9", quotes=2),
        quote(comma_read, "It will open soon", "Ms Weber", "annotate@9"),
        quote(comma_read, "Not today", "Mr Otto", "annotate@9"),
        annotated(comma_read, "annotate@10", quotes=1),
        quote(comma_read, "It will open soon", "Ms Weber", "annotate@10"),
        annotated(longer_read, "annotate@10", quotes=1),
        quote(longer_read, "It will open soon", "Ms Weber", "annotate@10"),
        stripped(comma_read, 1, "video_caption"),
        stripped(comma_read, 2, "newsletter"),
        fire_page, fire_read,
        annotated(fire_read, "annotate@10", quotes=0),
        failed(fire, "http_5xx", at(4, 0), status=503, will_retry=True),
        failed(fire, "gone", at(4, 1), attempt=2, status=410, will_retry=False),
        failed(fire, "gone", at(5, 1), attempt=3, status=410, will_retry=False),
        failed(wall, "robots", at(2, 10), will_retry=False),
        video_page,
        unreadable(video_page, "extract@10"),
        RunFailed(
            stream="run:ingest_daily/manual", occurred_at=at(4, 2), producer="airflow@1", dag_id="ingest_daily",
            task_id="collect", map_index=0, label="beta", try_number=3, error="LedgerLocked: try again",
        ),
        HistoryRead(
            stream="history:beta", occurred_at=at(4, 3), producer="recover@1", source_id="beta", via=Via.SITEMAP,
            url="https://beta.example/sitemap.xml", interval_start=at(2, 0), interval_end=at(3, 0), entries=4,
            matches=1, new_items=1,
        ),
        BackfillFinished(
            stream="backfill:beta", occurred_at=at(4, 4), producer="backfill@1", source_id="beta",
            interval_start=at(2, 0), interval_end=at(3, 0), started_at=at(4, 2), known=2, found=1, recovered=0,
            replayed=1, unchanged=0, lost=1, waiting=1,
        ),
    ]  # fmt: skip


@dataclass(frozen=True)
class Built:
    settings: Settings
    first: models.BuildResult
    second: models.BuildResult
    first_news_file: Path
    """What was published after the first day."""
    kept: Path
    """The data directory as it was then; tests change the one in `settings`."""

    @property
    def news_file(self) -> Path:
        return self.kept / "news.duckdb"
