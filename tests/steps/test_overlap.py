"""Gaps between polls: what was never seen lies in a gap, and a feed that lost nothing has none."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.events import DateQuality
from pipeline.ids import article_id
from pipeline.steps.overlap import Comparison, ItemOfArticle, compare, is_same_item
from tests.worlds.stories import NOON

MINUTE = timedelta(minutes=1)


def item(path: str, guid: str, title: str | None = None, published_at: datetime | None = None) -> ItemOfArticle:
    url = f"https://kurier.example/{path}"
    return ItemOfArticle(article_id(url), url, guid, title, published_at)


EXACT = NOON + timedelta(seconds=12)

SAME = {
    "an address, all else is new": (item("a", "1", "Old", NOON), item("a", "2", "New", NOON + MINUTE)),
    "guid and time: a new headline is in the address": (
        item("mole-is-closed", "1", "Mole is closed", EXACT),
        item("tugs-free-the-ferry", "1", "Tugs free the ferry", EXACT),
    ),
    "guid and title: republished under a session": (
        item("s/9f/a", "1", "Mole is closed", NOON),
        item("s/c4/a", "1", "Mole is closed", NOON + MINUTE),
    ),
    "guid and number": (item("mole-is-closed-48213", "1", "Old"), item("ferry-is-free-48213", "1", "New")),
    "title and time: a new system names everything anew": (
        item("old/1", "1", "Mole is closed", NOON),
        item("new/x", "urn:x", "Mole is closed", NOON),
    ),
    "an exact time without titles": (item("a", "1", None, EXACT), item("b", "2", None, EXACT)),
    "time and a kicker: a new system names everything anew": (
        item("old/1", "1", "Mole is closed", EXACT),
        item("new/x", "urn:x", "Harbour: mole is closed", EXACT),
    ),
    "time and number": (item("mole-48213", "1", "Mole", EXACT), item("news/48213", "2", "The harbour", EXACT)),
    "a telling title without dates": (item("a", "1", "Mole is closed again"), item("b", "2", "Mole is closed again")),
}
OTHERS = {
    "a guid that is a place in the list, in a feed that says only the day": (
        item("a", "1", "Mole is closed", NOON),
        item("b", "1", "Snow", NOON),
    ),
    "the guid is a place in the list": (item("a", "1", "Mole is closed", NOON), item("b", "1", "Snow", NOON + MINUTE)),
    "a column with one title": (
        item("a", "1", "The day at sea", NOON),
        item("b", "2", "The day at sea", NOON + MINUTE),
    ),
    "a common title without dates": (item("a", "1", "Weather"), item("b", "2", "Weather")),
    "reports of one second that differ in a number": (
        item("a", "1", "Report 1 of the port", EXACT),
        item("b", "2", "Report 2 of the port", EXACT),
    ),
    "items of one minute": (item("a", "1", "Mole is closed", NOON), item("b", "2", "Snow", NOON)),
    "no titles": (item("a", "1"), item("b", "2")),
    "no titles and the same day": (item("a", "1", None, NOON), item("b", "2", None, NOON)),
}


@pytest.mark.parametrize(("old", "new"), SAME.values(), ids=SAME)
def test_an_item_is_recognised_by_address_guid_and_title_together(old: ItemOfArticle, new: ItemOfArticle) -> None:
    assert is_same_item(old, new)


@pytest.mark.parametrize(("old", "new"), OTHERS.values(), ids=OTHERS)
def test_other_items_are_not_taken_for_one(old: ItemOfArticle, new: ItemOfArticle) -> None:
    assert not is_same_item(old, new)


class FeedReader:
    """Polls of one feed, compared one after the other as the poll step does it."""

    def __init__(self) -> None:
        self.known: dict[str, ItemOfArticle] = {}
        self.last: Comparison | None = None
        self.last_read_at: datetime | None = None
        self.gaps: list[tuple[datetime, datetime]] = []

    def read(self, items: Sequence[ItemOfArticle], at: datetime) -> Comparison:
        comparison = compare(
            items,
            self.known.values(),
            last_newest=self.last.newest_articles if self.last else None,
            last_read_at=self.last_read_at,
            polled_at=at,
        )
        if comparison.gap_from is not None and comparison.gap_to is not None:
            self.gaps.append((comparison.gap_from, comparison.gap_to))
        for each in items:
            first = self.known.get(each.guid, each).first_seen_at or at
            self.known[each.guid] = msgspec.structs.replace(each, first_seen_at=first)
        if items:
            self.last = comparison
        if items and (comparison.overlap is not None or self.last_read_at is None):
            self.last_read_at = at
        return comparison


def test_pinned_items_whose_dates_move_hide_no_gap() -> None:
    """They are always dated last, so they look like the newest items of every reading."""
    reader = FeedReader()
    for no in range(3):
        at = NOON + timedelta(hours=no)
        news = [
            item(f"{no}-{minute}", f"{no}-{minute}", f"Report {no} {minute}", at - minute * MINUTE)
            for minute in range(6)
        ]
        pinned = [item(f"pinned-{place}", f"pinned-{place}", f"Live {place}", at) for place in range(3)]
        comparison = reader.read([*pinned, *news], at)
    assert comparison.overlap is False


@pytest.mark.parametrize("is_oldest_first", [False, True])
def test_a_live_blog_at_the_top_hides_no_gap_although_it_was_the_newest(is_oldest_first: bool) -> None:
    """Everything below it is newer, so the feed is not in the order of its dates there."""
    reader, live = FeedReader(), item("live", "live", "Storm: what we know", NOON)
    for hour in (0, 12):
        end = NOON + timedelta(hours=hour)
        news = [item(f"{hour}-{n}", f"{hour}-{n}", f"Report {hour} {n}", end - n * MINUTE) for n in range(1, 20)]
        items = [live, *news]
        comparison = reader.read(items[::-1] if is_oldest_first else items, end)
    assert (comparison.gap_from, comparison.gap_to) == (NOON, end - 19 * MINUTE)


def test_the_newest_item_of_before_at_the_bottom_shows_that_nothing_was_lost() -> None:
    reader = FeedReader()
    reader.read(reports(0, 9), NOON + timedelta(hours=2))
    assert reader.read(reports(9, 18), NOON + timedelta(hours=4)).gap_from is None


def test_the_gap_of_a_feed_without_order_ends_at_the_poll() -> None:
    """The oldest item that it shows may have been listed after others came and went."""
    reader, at = FeedReader(), NOON + timedelta(hours=9)
    reader.read(reports(0, 9), NOON + timedelta(hours=2))
    new = reports(30, 39)
    assert reader.read([new[n] for n in (4, 9, 0, 7, 2, 6, 1, 8, 3, 5)], at).gap_to == at


def test_an_item_that_was_listed_late_does_not_end_the_gap() -> None:
    reader, at = FeedReader(), NOON + timedelta(hours=9)
    reader.read(reports(0, 9), NOON + timedelta(hours=2))
    late = msgspec.structs.replace(reports(50, 50)[0], published_at=NOON + timedelta(hours=2, minutes=5))
    new = reports(30, 49)
    assert reader.read([*new[:6], late, *new[6:]], at).gap_to == new[-1].published_at


def test_items_without_titles_are_recognised_by_their_time() -> None:
    reader = FeedReader()
    for no in range(2):
        said = [item(f"{n}-v{no}", f"{n}-v{no}", None, EXACT + n * MINUTE) for n in range(no, no + 6)]
        comparison = reader.read(said, NOON + timedelta(hours=1 + no))
    assert (comparison.new_items, comparison.gap_from) == (1, None)


def reports(first: int, last: int, ahead: timedelta = timedelta()) -> list[ItemOfArticle]:
    """Reports of every ten minutes, the newest first, dated by a clock that is `ahead`."""
    numbers = range(last, first - 1, -1)
    return [item(f"{no}", f"{no}", f"Report {no}", NOON + no * 10 * MINUTE + ahead) for no in numbers]


def read_at(items: Iterable[ItemOfArticle], at: datetime) -> list[ItemOfArticle]:
    """As a feed is read: a date in the future is none."""
    return [
        msgspec.structs.replace(each, published_at=None, published_quality=DateQuality.FUTURE)
        if each.published_at and each.published_at > at
        else each
        for each in items
    ]


@pytest.mark.parametrize("minutes", [40, 70, 120])
def test_a_clock_that_is_ahead_makes_no_gap(minutes: int) -> None:
    """At each poll, some of the newest items have no date that can be."""
    reader = FeedReader()
    for last in (10, 16, 22):
        at = NOON + last * 10 * MINUTE
        assert reader.read(read_at(reports(last - 9, last, minutes * MINUTE), at), at).gap_from is None


def test_what_was_lost_lies_in_the_gap_although_the_clock_is_slow() -> None:
    """The feed says 08:00 when it is noon."""
    reader, slow = FeedReader(), timedelta(hours=-4)
    for last in (9, 15, 21):
        reader.read(reports(last - 9, last, slow), NOON + last * 10 * MINUTE)
    at = NOON + 900 * MINUTE
    comparison = reader.read(reports(81, 90, slow), at)
    assert comparison.gap_from and comparison.gap_to
    assert comparison.gap_from <= NOON + 22 * 10 * MINUTE
    assert NOON + 80 * 10 * MINUTE <= comparison.gap_to <= at


def test_undated_items_may_have_the_oldest_first() -> None:
    reader = FeedReader()
    for hour, first in enumerate((0, 3, 3, 10)):
        items = [item(f"{no}", f"{no}", f"Report {no}") for no in range(first, first + 10)]
        assert reader.read(items, NOON + timedelta(hours=hour)).gap_from is None


def test_the_day_of_an_item_without_a_time_lies_in_the_gap() -> None:
    reader, at = FeedReader(), NOON + timedelta(days=2)
    reader.read([item("a", "a", "Mole is closed", NOON)], NOON)
    today = item("b", "b", "Ferry is free", at.replace(hour=0))
    comparison = reader.read([msgspec.structs.replace(today, published_quality=DateQuality.DAY_ONLY)], at)
    assert (comparison.gap_from, comparison.gap_to) == (NOON, at)


class PublishedItem(msgspec.Struct):
    """An item of the outlet, with how often its address, guid and title have changed."""

    no: int
    published_at: datetime
    address: int = 0
    guid: int = 0
    title: int = 0
    changed: frozenset[str] = frozenset()
    """What has changed since the feed was last read."""
    seen: bool = False

    def change(self, names: Iterable[str]) -> None:
        """Change these, but not all three between two readings: then nothing is left to recognise it by."""
        for name in names:
            if len(self.changed | {name}) < 3:
                setattr(self, name, getattr(self, name) + 1)
                self.changed |= {name}

    def said(self) -> ItemOfArticle:
        path = f"{self.no}/{self.address}"
        return item(path, f"{self.no}-{self.guid}", f"Report {self.no}, told {self.title} times", self.published_at)


class PublishedFeed:
    """A feed that shows the newest items of an outlet, and one that is pinned to its top."""

    def __init__(self, window: int, *, pinned: timedelta | None) -> None:
        self.items = [PublishedItem(no, NOON - (window - no) * MINUTE) for no in range(window)]
        self._pinned = [] if pinned is None else [PublishedItem(-1, NOON - pinned)]
        self._window = window
        self._withdrawn: set[int] = set()
        self.copies: list[dict[int, ItemOfArticle]] = []
        """The items that the feed showed at each reading, by number."""

    def shown(self) -> list[PublishedItem]:
        standing = [each for each in reversed(self.items) if each.no not in self._withdrawn]
        return self._pinned + standing[: self._window]

    def publish(self, at: datetime) -> None:
        self.items.append(PublishedItem(len(self.items), at))

    def withdraw(self, place: int) -> None:
        """Withdraw the item at this place, if it has been seen: of others nobody can know."""
        self._withdrawn |= {each.no for each in self.shown()[place : place + 1] if each.seen and each.no >= 0}

    def read(self, reader: FeedReader, at: datetime) -> Comparison:
        shown = self.shown()
        for each in shown:
            each.seen, each.changed = True, frozenset()
        self.copies.append({each.no: each.said() for each in shown})
        return reader.read(tuple(self.copies[-1].values()), at)

    @property
    def lost(self) -> list[PublishedItem]:
        """What has come and gone without being seen: never shown, and older than something that was."""
        return [each for each in self.items if not each.seen and any(later.seen for later in self.items[each.no :])]


class Round(msgspec.Struct, frozen=True):
    """What happens until the next poll, and whether it reads the feed."""

    changes: tuple[tuple[int, tuple[str, ...]], ...]
    """Items of the feed by their place, and what of them changes."""
    published: int
    withdrawn: int | None
    """The place of an item that the outlet withdraws."""
    read: bool
    """False if the poll fails, or is answered with a lying 304."""
    copy: int | None
    """If not, a cache may answer with what the feed showed so many readings ago."""


PLACES = st.integers(0, 9)
NAMES = st.lists(st.sampled_from(["address", "guid", "title"]), min_size=1, max_size=2).map(tuple)
ROUNDS = st.builds(
    Round,
    changes=st.lists(st.tuples(PLACES, NAMES), max_size=9).map(tuple),
    published=st.integers(0, 14),
    withdrawn=st.none() | PLACES,
    read=st.sampled_from([True, True, False]),
    copy=st.none() | st.integers(1, 3),
)


PINNED = (None, timedelta(), timedelta(days=90))
"""How long before the first reading the pinned item was published: a live blog is one of the newest."""


@given(rounds=st.lists(ROUNDS, min_size=2, max_size=8), window=st.integers(5, 10), pinned=st.sampled_from(PINNED))
def test_what_was_never_seen_lies_in_a_gap_and_where_nothing_was_lost_is_none(
    rounds: Sequence[Round], window: int, pinned: timedelta | None
) -> None:
    feed, reader, at = PublishedFeed(window, pinned=pinned), FeedReader(), NOON
    feed.read(reader, at)
    newest = {each.no for each in feed.shown()[:3]}
    for each_round in rounds:
        for place, names in each_round.changes:
            for each in feed.shown()[place : place + 1]:
                each.change(names)
        if each_round.withdrawn is not None:
            feed.withdraw(each_round.withdrawn)
        for _ in range(each_round.published):
            at += MINUTE
            feed.publish(at)
        at += MINUTE
        if each_round.read:
            comparison = feed.read(reader, at)
            shown = [each.no for each in feed.shown()]
            if newest & set(shown) - {-1}:
                assert comparison.gap_from is None, "the feed still shows one of its newest items"
            newest = set(shown[:3])
        elif each_round.copy is not None and newest.isdisjoint(feed.copies[-each_round.copy :][0]):
            copy = feed.copies[-each_round.copy :][0]
            assert reader.read(tuple(copy.values()), at).gap_from is None, "it is an older copy"
    for each in feed.lost:
        assert any(start <= each.published_at <= end for start, end in reader.gaps), f"{each} is in no gap"
