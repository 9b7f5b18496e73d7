"""What shows that two addresses are one article, and what does not."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from pipeline.events import JoinEvidence
from pipeline.ids import article_id, name_uuid
from pipeline.steps.join import Groups, new_pairs
from pipeline.steps.join_evidence import AddressClaim, ArticleFacts, is_joined
from tests.worlds.stories import NOON
from tests.worlds.world import PARAGRAPHS

FERRY = " ".join(PARAGRAPHS)


STORM = (
    "Forty trees fell across the northern road during the night, and the council asked everybody to stay at home. "
    "“It was the worst wind since I came here,” said Ole Brandt, who runs the only garage between the two villages. "
    "Schools will open again on Thursday if the power company has mended the line by then, its director promised."
)


NOTICE = (
    "You have read the beginning of this article. All of it is there for subscribers of the Kurier, together with the "
    "printed paper as pages, the archive since 1951, the crossword and a letter from the editors every Saturday. "
    "A subscription costs nothing in the first month, nine crowns in each month after that, and it can be ended at any "
    "time. Those who have one log in at the top of the page, with the name and the password that came by post."
)


def facts(path: str, **known: Any) -> ArticleFacts:
    url = f"https://kurier.example{path}"
    defaults: dict[str, Any] = {
        "first_position": 1,
        "first_seen_at": NOON,
        "source_ids": ("kurier",),
        "title": None,
        "published_at": None,
        "text": None,
        "is_awaited": False,
    }
    return ArticleFacts(article_id=article_id(url), url=url, **(defaults | known))


LATER_BY = timedelta(hours=5)
LATER = NOON + LATER_BY


AT_A_MINUTE = NOON + timedelta(minutes=7)


JOINED: dict[str, tuple[JoinEvidence, ArticleFacts, ArticleFacts]] = {
    "a new slug, most of the text": (
        JoinEvidence.GUID,
        facts("/ferry-adrift", title="Ferry adrift", text=FERRY),
        facts("/tugs-save-ferry", title="Tugs save all", text=f"{STORM[:100]} {FERRY}"),
    ),
    "a new slug, a first paragraph with a last one that was replaced": (
        JoinEvidence.GUID,
        facts("/ferry-adrift", title="Ferry adrift", text=f"{FERRY}\nMore about this will follow here very soon."),
        facts("/tugs-save-ferry", title="Tugs save all", text=f"{FERRY}\n{STORM}"),
    ),
    "a new slug before the page is read, published at the same time": (
        JoinEvidence.GUID,
        facts("/ferry-adrift", title="Ferry adrift", published_at=AT_A_MINUTE, is_awaited=True),
        facts("/tugs-save-ferry", title="Tugs save all", published_at=AT_A_MINUTE, is_awaited=True),
    ),
    "a first line that became a report": (
        JoinEvidence.GUID,
        facts("/ferry", text="Ferry adrift. More soon.", published_at=NOON),
        facts("/tugs", text=FERRY, published_at=NOON),
    ),
    "pages that cannot be read, alike in their titles": (
        JoinEvidence.GUID,
        facts("/1", title="Ferry adrift near the mole", published_at=NOON),
        facts("/2", title="Ferry still adrift near the mole", published_at=LATER),
    ),
    "the page for phones": (
        JoinEvidence.CANONICAL,
        facts("/gear", text=FERRY),
        facts("/gear/amp", text=FERRY[:-100]),
    ),
    "a redirector of the feed": (
        JoinEvidence.REDIRECT,
        facts("/ferry", title="Ferry adrift near the mole"),
        facts("/r/8812", title="Ferry adrift near the mole"),
    ),
    "a campaign in the query": (JoinEvidence.EQUAL_TEXT, facts("/a", text=FERRY), facts("/a?c=1", text=FERRY)),
    "a new slug with a new guid, published at the same moment": (
        JoinEvidence.EQUAL_TEXT,
        facts("/a", text=FERRY, published_at=NOON + timedelta(minutes=7)),
        facts("/b", text=FERRY, published_at=NOON + timedelta(minutes=7)),
    ),
    "a new slug with a new guid, in a feed without dates": (
        JoinEvidence.EQUAL_TEXT,
        facts("/a", text=FERRY),
        facts("/b", text=FERRY, first_seen_at=LATER),
    ),
    "a campaign in the query, in lists that round their dates differently": (
        JoinEvidence.EQUAL_TEXT,
        facts("/a", text=FERRY, published_at=NOON),
        facts("/a?c=1", text=FERRY, published_at=AT_A_MINUTE),
    ),
    "a first report that was replaced under its number": (
        JoinEvidence.GUID,
        facts("/fire-in-the-hall-48213", title="Fire in the hall by the harbour", text=FERRY, published_at=NOON),
        facts("/fire-is-out-48213", title="Fire in the hall by the harbour is out", text=STORM, published_at=LATER),
    ),
    "an address that leads to a new one since headline, slug and guid changed": (
        JoinEvidence.MOVED,
        facts("/ferry-adrift", title="Ferry adrift", text=FERRY, published_at=NOON),
        facts("/tugs-save-all", title="All are safe", text=FERRY, published_at=NOON),
    ),
    "an address that leads to a new one with a new date under the same headline": (
        JoinEvidence.MOVED,
        facts("/news/ferry-adrift", title="Ferry adrift near the mole", text=FERRY, published_at=NOON),
        facts("/sea/ferry", title="Ferry adrift near the mole", text=FERRY, published_at=LATER),
    ),
    "an older version's address": (JoinEvidence.SAME_ADDRESS, facts("/a"), facts("/a?maca=1")),
}


APART: dict[str, tuple[JoinEvidence, ArticleFacts, ArticleFacts]] = {
    "a guid that is a place in the list": (
        JoinEvidence.GUID,
        facts("/ferry", title="Ferry adrift", text=FERRY, published_at=NOON),
        facts("/storm", title="Forty trees fall", text=STORM, published_at=LATER),
    ),
    "a column that uses its guid and its title again": (
        JoinEvidence.GUID,
        facts("/day/1", title="The day in the north", text=FERRY, published_at=NOON),
        facts("/day/2", title="The day in the north", text=STORM, published_at=LATER),
    ),
    "a guid and a title used again, and a notice to subscribers in both texts": (
        JoinEvidence.GUID,
        facts("/day/1", title="The day in the north", text=f"{PARAGRAPHS[0]}\n{NOTICE}", published_at=NOON),
        facts("/day/2", title="The day in the north", text=f"{STORM}\n{NOTICE}", published_at=LATER),
    ),
    "a guid used again, and the pages are still to be read": (
        JoinEvidence.GUID,
        facts("/day/1", title="The day in the north", is_awaited=True),
        facts("/day/2", title="The day in the north", is_awaited=True),
    ),
    "a guid that is a place in the list, in a feed that says only the day": (
        JoinEvidence.GUID,
        facts("/x/1", title="Ferry adrift", text="More soon.", published_at=NOON),
        facts("/x/2", title="Forty trees fall", text="More later.", published_at=NOON),
    ),
    "a template that names a wrong canonical": (
        JoinEvidence.CANONICAL,
        facts("/ferry", text=FERRY),
        facts("/storm", text=STORM),
    ),
    "the front page": (JoinEvidence.CANONICAL, facts("/", text=FERRY), facts("/ferry", text=FERRY)),
    "another outlet's copy": (
        JoinEvidence.CANONICAL,
        facts("/ferry", text=FERRY),
        facts("/copy", text=FERRY, source_ids=("bote",)),
    ),
    "a removed report that leads to another one": (
        JoinEvidence.REDIRECT,
        facts("/storm", title="Forty trees fall", text=STORM, published_at=LATER),
        facts("/ferry", title="Ferry adrift", text=STORM, published_at=NOON),
    ),
    "last week's column, which leads to the new one of the same title": (
        JoinEvidence.REDIRECT,
        facts("/day/1", title="The day in the north", text=STORM, published_at=NOON),
        facts("/day/2", title="The day in the north", text=FERRY, published_at=NOON + timedelta(days=7)),
    ),
    "two reports of one minute that lead to one of them": (
        JoinEvidence.REDIRECT,
        facts("/storm", title="Forty trees fall", published_at=NOON),
        facts("/ferry", title="Ferry adrift", published_at=NOON),
    ),
    "two reports of one minute, without texts, with one canonical": (
        JoinEvidence.CANONICAL,
        facts("/storm", title="Forty trees fall", published_at=NOON),
        facts("/ferry", title="Ferry adrift", published_at=NOON),
    ),
    "the same notice on another day": (
        JoinEvidence.EQUAL_TEXT,
        facts("/monday", text=FERRY, published_at=NOON + timedelta(minutes=7)),
        facts("/tuesday", text=FERRY, published_at=LATER + timedelta(minutes=7)),
    ),
    "the same notice every week, in a feed without dates": (
        JoinEvidence.EQUAL_TEXT,
        facts("/week-1", text=FERRY),
        facts("/week-2", text=FERRY, first_seen_at=NOON + timedelta(days=7)),
    ),
    "a dated report, and its text without a date": (
        JoinEvidence.EQUAL_TEXT,
        facts("/a", text=FERRY, published_at=AT_A_MINUTE),
        facts("/b", text=FERRY),
    ),
    "the same notice at a full hour": (
        JoinEvidence.EQUAL_TEXT,
        facts("/north", text=FERRY, published_at=NOON),
        facts("/south", text=FERRY, published_at=NOON),
    ),
    "a notice under two numbers on one day": (
        JoinEvidence.EQUAL_TEXT,
        facts("/a?id=1", text=FERRY, published_at=NOON),
        facts("/a?id=2", text=FERRY, published_at=LATER),
    ),
    "a number that is a date, with a guid and a title used again": (
        JoinEvidence.GUID,
        facts("/day-20260301", title="The day in the north", text=FERRY, published_at=NOON),
        facts("/day-20260302", title="The day in the north", text=STORM, published_at=LATER),
    ),
    "a guid used again, and a number of two reports that are not alike": (
        JoinEvidence.GUID,
        facts("/ferry-48213", title="Ferry adrift near the mole", text=FERRY, published_at=NOON),
        facts("/storm-48213", title="Forty trees fall", text=STORM, published_at=LATER),
    ),
    "a removed report that leads to one of another time with the same notice": (
        JoinEvidence.MOVED,
        facts("/ferry", title="Ferry adrift", text=NOTICE, published_at=NOON),
        facts("/storm", title="Forty trees fall", text=NOTICE, published_at=LATER),
    ),
    "a removed report that leads to another one of its minute": (
        JoinEvidence.MOVED,
        facts("/ferry", title="Ferry adrift", text=FERRY, published_at=AT_A_MINUTE),
        facts("/storm", title="Forty trees fall", text=STORM, published_at=AT_A_MINUTE),
    ),
    "a part of a series that leads to another part": (
        JoinEvidence.REDIRECT,
        facts("/series/2", title="The story of the harbour, part 2", text=FERRY),
        facts("/series/1", title="The story of the harbour, part 1", text=FERRY),
    ),
    "a notice in place of two reports": (
        JoinEvidence.EQUAL_TEXT,
        facts("/a?id=1", title="Ferry adrift", text=FERRY),
        facts("/a?id=2", title="Forty trees fall", text=FERRY),
    ),
}


@pytest.mark.parametrize(("evidence", "one", "other"), JOINED.values(), ids=JOINED)
def test_what_joins_two_addresses(evidence: JoinEvidence, one: ArticleFacts, other: ArticleFacts) -> None:
    assert is_joined(evidence, one, other)
    assert is_joined(evidence, other, one)


@pytest.mark.parametrize(("evidence", "one", "other"), APART.values(), ids=APART)
def test_what_does_not_join_them(evidence: JoinEvidence, one: ArticleFacts, other: ArticleFacts) -> None:
    assert not is_joined(evidence, one, other)
    assert not is_joined(evidence, other, one)


def count_joined(evidence: JoinEvidence, *claims: tuple[ArticleFacts, ArticleFacts]) -> int:
    """The number of pairs that are joined if the first article of each claims the address of the second."""
    known = {each.article_id: each for pair in claims for each in pair}
    made = [
        AddressClaim(evidence, "kurier", one.article_id, name_uuid(one.url), other.url, "x") for one, other in claims
    ]
    return len(list(new_pairs(made, known, Groups([]))))


@pytest.mark.parametrize("address", ["/{}", "/a?id={}"])
@pytest.mark.parametrize(("addresses", "pairs"), [(2, 1), (3, 2), (4, 0)])
def test_one_text_at_many_addresses_is_no_article(address: str, addresses: int, pairs: int) -> None:
    """Such as a notice, or the text of a page whose article is loaded by a script."""
    known = [facts(address.format(n), text=FERRY, first_position=n) for n in range(addresses)]
    assert count_joined(JoinEvidence.EQUAL_TEXT, *((each, known[0]) for each in known[1:])) == pairs


@pytest.mark.parametrize(("minutes", "pairs"), [(0, 5), (1, 0)])
def test_an_article_with_a_session_in_each_address_has_one_time(minutes: int, pairs: int) -> None:
    known = [
        facts(f"/a?x={n}", text=FERRY, first_position=n, published_at=AT_A_MINUTE + n * timedelta(minutes=minutes))
        for n in range(6)
    ]
    assert count_joined(JoinEvidence.EQUAL_TEXT, *((each, known[0]) for each in known[1:])) == pairs


HEADLINES = ("Ferry adrift", "Forty trees fall", "Mayor resigns", "School opens again", "New tram", "Budget passed")


@pytest.mark.parametrize(("reports", "pairs"), [((0, 3), 1), ((0, 3, 1, 4), 0)])
@pytest.mark.parametrize("own", ["", "\nMore about “{}” inside."])
def test_a_text_that_many_headlines_share_is_no_evidence(reports: tuple[int, ...], own: str, pairs: int) -> None:
    """Places in a list as guids, and one notice to subscribers under all reports. A text that two share may be that of
    one article."""
    known = [
        facts(f"/{n}", title=HEADLINES[n], text=NOTICE + own.format(HEADLINES[n]), published_at=NOON + n * LATER_BY)
        for n in reports
    ]
    assert count_joined(JoinEvidence.GUID, *zip(known[1::2], known[::2], strict=True)) == pairs


@pytest.mark.parametrize(("discovered", "pairs"), [(2, 1), (0, 0)], ids=["later", "earlier"])
def test_an_article_moves_to_an_address_that_is_discovered_later(discovered: int, pairs: int) -> None:
    """One that is removed leads to an older one."""
    old = facts("/ferry-adrift", title="Ferry adrift", text=FERRY, first_position=1)
    new = facts("/tugs-save-all", title="All are safe", text=FERRY, first_position=discovered)
    assert count_joined(JoinEvidence.MOVED, (old, new)) == pairs


@pytest.mark.parametrize("evidence", [JoinEvidence.CANONICAL, JoinEvidence.REDIRECT, JoinEvidence.ORIGINAL_LINK])
@pytest.mark.parametrize(("titles", "pairs"), [(2, 1), (3, 0)])
def test_an_address_that_many_articles_claim_joins_nothing(evidence: JoinEvidence, titles: int, pairs: int) -> None:
    """Not even articles with nearly the same text, such as a notice. Two titles may be a changed headline."""
    named = ("Ferry adrift", "Tugs save all", "Forty trees fall")
    known = [
        facts(f"/{n}", title=named[n], text=f"{FERRY} {named[n]}", first_position=n, published_at=NOON)
        for n in range(titles)
    ]
    claims = [
        AddressClaim(evidence, "kurier", each.article_id, name_uuid(each.url), "https://kurier.example/x", "x")
        for each in known
    ]
    assert len(list(new_pairs(claims, {each.article_id: each for each in known}, Groups([])))) == pairs
