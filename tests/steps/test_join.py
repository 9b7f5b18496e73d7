"""join: one article under two addresses is joined by evidence, and different articles are not."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from pipeline.events import AddressesParted, ItemDiscovered, JoinEvidence
from pipeline.ids import article_id, name_uuid
from pipeline.interval import Interval
from pipeline.ledger import Ledger, Run
from pipeline.steps.join import Groups, new_pairs, pending_pairs
from pipeline.steps.join_evidence import AddressClaim, ArticleFacts, is_joined
from tests.worlds.loopback import Answer
from tests.worlds.stories import NOON, discovered
from tests.worlds.world import PARAGRAPHS, World

FERRY = " ".join(PARAGRAPHS)
STORM = (
    "Forty trees fell across the northern road during the night, and the council asked everybody to stay at home. "
    "“It was the worst wind since I came here,” said Ole Brandt, who runs the only garage between the two villages. "
    "Schools will open again on Thursday if the power company has mended the line by then, its director promised."
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


LATER = NOON + timedelta(hours=5)
AT_A_MINUTE = NOON + timedelta(minutes=7)
JOINED: dict[str, tuple[JoinEvidence, ArticleFacts, ArticleFacts]] = {
    "a new slug, most of the text": (
        JoinEvidence.GUID,
        facts("/ferry-adrift", title="Ferry adrift", text=FERRY),
        facts("/tugs-save-ferry", title="Tugs save all", text=f"{STORM[:100]} {FERRY}"),
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


@pytest.mark.parametrize(("paths", "pairs"), [(2, 1), (3, 2), (4, 0)])
def test_one_text_at_many_paths_is_no_article(paths: int, pairs: int) -> None:
    """Such as the text of a page whose article is loaded by a script."""
    known = [facts(f"/{n}", text=FERRY, first_position=n) for n in range(paths)]
    claims = [
        AddressClaim(JoinEvidence.EQUAL_TEXT, "kurier", each.article_id, name_uuid(each.url), known[0].url, "text")
        for each in known[1:]
    ]
    assert len(list(new_pairs(claims, {each.article_id: each for each in known}, Groups([])))) == pairs


def pending(ledger: Ledger, run: Run, *items: ItemDiscovered) -> list[tuple[str, str, str]]:
    """Evidence and addresses of the pairs to join, after these items were recorded."""
    ledger.append(list(items), run)
    pairs = pending_pairs(ledger, Interval(NOON - timedelta(days=1), NOON + timedelta(days=1)))
    return [(pair.claim.evidence.value, pair.first.url, pair.second.url) for pair in pairs]


def test_addresses_that_an_older_version_kept_apart_are_one(ledger: Ledger, run: Run) -> None:
    base = "https://kurier.example/a-1"
    older = [
        discovered(f"{base}?maca=rss-{n}", NOON, producer="poll@2", article_id=name_uuid("older", str(n)))
        for n in range(2)
    ]
    assert pending(ledger, run, *older) == [("same_address", f"{base}?maca=rss-0", f"{base}?maca=rss-1")]
    today = discovered(base, NOON, producer="poll@3")
    assert pending(ledger, run, today) == [
        ("same_address", f"{base}?maca=rss-0", base),
        ("same_address", f"{base}?maca=rss-1", base),
    ]


def test_an_older_versions_item_of_two_addresses_joins_neither(ledger: Ledger, run: Run) -> None:
    merged = name_uuid("older")
    items = [
        discovered(f"https://kurier.example/{path}", NOON, producer="poll@2", article_id=merged)
        for path in ("gear", "gear/amp")
    ]
    today = [discovered(f"https://kurier.example/{path}", NOON, producer="poll@3") for path in ("gear", "gear/amp")]
    assert pending(ledger, run, *items, *today) == []


def test_the_front_page_is_claimed_in_vain(ledger: Ledger, run: Run) -> None:
    front = "https://kurier.example/"
    items = (discovered(f"https://kurier.example/report-{n}", NOON, redirector_url=front) for n in range(2))
    assert pending(ledger, run, *items) == []


def test_a_redirector_beside_the_original_address_is_the_same_article(ledger: Ledger, run: Run) -> None:
    proxy, article = "https://proxy.example/r/8812", "https://kurier.example/mole"
    items = (discovered(proxy, NOON), discovered(article, NOON, redirector_url=proxy))
    assert pending(ledger, run, *items) == [("original_link", proxy, article)]


def test_parted_addresses_are_not_joined_again(ledger: Ledger, run: Run) -> None:
    """Not even through a third address."""
    proxies = [f"https://proxy.example/r/{n}" for n in range(2)]
    article = "https://kurier.example/mole"
    first, second = (discovered(proxy, NOON) for proxy in proxies)
    ledger.append([first, second], run)
    parted = AddressesParted(
        stream=first.stream,
        occurred_at=NOON,
        producer="part@1",
        caused_by=first.event_id,
        source_id="kurier",
        article_id=second.article_id,
        other_article_id=first.article_id,
        url=second.url,
        other_url=first.url,
    )
    ledger.append([parted], run)
    claims = [discovered(article, NOON, redirector_url=proxy) for proxy in proxies]
    assert pending(ledger, run, *claims) == [("original_link", proxies[0], article)]


class Kiosk(World):
    """A source whose feed names addresses, guids and titles as a test gives them."""

    def offer(self, *items: tuple[str, str, str], minutes: int = 0) -> None:
        """Serve a feed of (path, guid, title); each item is a minute older than the one before."""
        rows = "".join(
            f"<item><title>{title}</title><link>{self.web.base}{path}</link><guid isPermaLink='false'>{guid}</guid>"
            f"<pubDate>Mon, 02 Mar 2026 08:{59 - n - minutes:02} GMT</pubDate></item>"
            for n, (path, guid, title) in enumerate(items)
        )
        body = f"<rss version='2.0'><channel><title>Kiosk</title>{rows}</channel></rss>"
        self.web.answers["/feed.xml"] = Answer(body.encode(), content_type="application/rss+xml")

    def write(self, path: str, headline: str, text: str, canonical: str | None = None) -> None:
        """Serve an article, with rel=canonical if it is given."""
        self.web.page(path, headline, *text.split(". "))
        if canonical is not None:
            link = f"<head><link rel='canonical' href='{self.web.base}{canonical}'>".encode()
            page = self.web.answers[path]
            self.web.answers[path] = Answer(page.body.replace(b"<head>", link))

    def joined(self) -> list[tuple[str, str, str]]:
        """The evidence and the two paths of each join."""
        rows = self.rows("select evidence, url, other_url from ledger.addresses_joined order by position")
        base = self.web.base
        return [(row["evidence"], row["url"].removeprefix(base), row["other_url"].removeprefix(base)) for row in rows]

    def refused(self) -> dict[str, str]:
        """The path and the reason of each article of which no page was read."""
        rows = self.rows(
            "select captures.url, reason from ledger.extraction_failed as failures "
            "inner join ledger.article_captured as captures on failures.caused_by = captures.event_id"
        )
        return {row["url"].removeprefix(self.web.base): row["reason"] for row in rows}


@pytest.fixture
def kiosk(world: World, tmp_path: Any) -> Kiosk:
    return Kiosk(tmp_path / "kiosk", world.web)


@pytest.mark.slow
def test_a_run_joins_addresses_by_each_kind_of_evidence(kiosk: Kiosk) -> None:
    kiosk.write("/ferry", "Ferry adrift", FERRY)
    kiosk.write("/storm", "Forty trees fall", STORM)
    kiosk.write("/storm/amp", "Forty trees fall", STORM, canonical="/storm")
    kiosk.write("/mole", "Mole repaired", FERRY[::-1])
    kiosk.write("/mole?c=rss", "Mole repaired", FERRY[::-1])
    kiosk.web.answers["/r/1"] = Answer(status=302, headers={"Location": "/storm"})
    kiosk.offer(
        ("/ferry", "1", "Ferry adrift"),
        ("/storm", "2", "Forty trees fall"),
        ("/storm/amp", "3", "Forty trees fall"),
        ("/mole", "4", "Mole repaired"),
        ("/mole?c=rss", "5", "Mole repaired"),
        ("/r/1", "6", "Forty trees fall"),
    )
    kiosk.ingest()
    kiosk.later(hours=2)
    kiosk.write("/tugs-save-ferry", "Tugs save the ferry", FERRY)
    kiosk.write("/mole-is-repaired", "Mole repaired", FERRY[::-1])
    kiosk.offer(
        ("/tugs-save-ferry", "1", "Tugs save the ferry"),
        ("/storm", "2", "Forty trees fall"),
        ("/storm/amp", "3", "Forty trees fall"),
        ("/mole-is-repaired", "77", "Mole repaired"),  # as old as /mole
    )
    kiosk.ingest()
    joins = [
        ("redirect", "/storm", "/r/1"),
        ("canonical", "/storm", "/storm/amp"),
        ("equal_text", "/mole", "/mole?c=rss"),
        ("guid", "/ferry", "/tugs-save-ferry"),
        ("equal_text", "/mole", "/mole-is-repaired"),
    ]
    assert kiosk.joined() == joins
    kiosk.later(hours=2)
    kiosk.ingest()
    assert kiosk.joined() == joins, "what is joined is not joined again"
    assert kiosk.verify().findings == ()


@pytest.mark.slow
def test_a_run_keeps_different_articles_apart(kiosk: Kiosk) -> None:
    texts = {"/ferry": FERRY, "/storm": STORM, "/mole": FERRY[::-1], "/tax": STORM[::-1]}
    for path, text in texts.items():
        kiosk.write(path, f"About the {path[1:]}", text, canonical="/" if path == "/ferry" else "/tax")
    kiosk.write("/politics", "Politics", "Everything from the council and the parties, as it comes in.")
    sent_on = {
        f"/r/{n}": title for n, title in enumerate(("Mayor resigns", "Budget passed", "Tram delayed", "Politics"))
    }
    notices = {f"/old/{n}": title for n, title in enumerate(("Bridge closed", "Orchestra on tour", "New lighthouse"))}
    for path in sent_on:
        kiosk.web.answers[path] = Answer(status=302, headers={"Location": "/politics"})
    for path in notices:
        kiosk.write(path, "Our archive has moved", "Please write to the editors if you look for an old report.")
    removed = sent_on | notices
    kiosk.offer(*((path, path, f"About the {path[1:]}") for path in texts), ("/r/0", "/r/0", sent_on["/r/0"]))
    kiosk.ingest()
    assert kiosk.refused() == {}, "one address may be that of a renamed article"
    kiosk.later(hours=2)
    kiosk.write("/school", "About the school", "".join(sorted(FERRY, key=str.lower)))
    others = ((path, path, title) for path, title in removed.items() if path != "/r/0")
    kiosk.offer(("/school", "/ferry", "About the school"), *others, minutes=20)
    result = kiosk.ingest()
    assert kiosk.joined() == []
    assert kiosk.refused() == dict.fromkeys(removed.keys() - {"/r/3"}, "shared_page"), "/r/3 has the page's title"
    assert result.counts["article_annotated"] == 2, "what was refused is not annotated"
    kiosk.later(hours=2)
    assert "extraction_failed" not in kiosk.ingest().counts, "what is refused is not refused again"


@pytest.mark.slow
def test_a_pair_waits_for_the_text_that_shows_it(kiosk: Kiosk) -> None:
    kiosk.write("/ferry", "Ferry adrift", FERRY)
    kiosk.offer(("/ferry", "1", "Ferry adrift"))
    kiosk.ingest()
    kiosk.web.answers["/tugs"] = Answer(status=503)
    kiosk.offer(("/tugs", "1", "Tugs to the rescue"), minutes=30)
    kiosk.later(hours=2)
    kiosk.ingest()
    assert kiosk.joined() == []
    kiosk.write("/tugs", "Tugs to the rescue", FERRY)
    kiosk.later(hours=6)
    kiosk.ingest()
    assert kiosk.joined() == [("guid", "/ferry", "/tugs")]
