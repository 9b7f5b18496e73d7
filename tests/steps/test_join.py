"""join: one article under two addresses is joined by evidence, and different articles are not."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from pipeline.events import AddressesParted, ItemDiscovered, RevisitOutcome
from pipeline.ids import name_uuid
from pipeline.interval import Interval
from pipeline.ledger import Ledger, Run
from pipeline.steps.join import pending_pairs
from tests.steps.test_join_evidence import FERRY, STORM
from tests.worlds.loopback import Answer
from tests.worlds.stories import NOON, captured, discovered, extracted, revisited
from tests.worlds.world import World


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
    today = discovered(base, NOON, producer="poll@4")
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
    today = [discovered(f"https://kurier.example/{path}", NOON, producer="poll@4") for path in ("gear", "gear/amp")]
    assert pending(ledger, run, *items, *today) == []


def test_the_front_page_is_claimed_in_vain(ledger: Ledger, run: Run) -> None:
    front = "https://kurier.example/"
    items = (discovered(f"https://kurier.example/report-{n}", NOON, redirector_url=front) for n in range(2))
    assert pending(ledger, run, *items) == []


def test_a_redirector_beside_the_original_address_is_the_same_article(ledger: Ledger, run: Run) -> None:
    proxy, article = "https://proxy.example/r/8812", "https://kurier.example/mole"
    items = (discovered(proxy, NOON), discovered(article, NOON, redirector_url=proxy))
    assert pending(ledger, run, *items) == [("original_link", proxy, article)]


def test_what_led_elsewhere_when_it_was_read_again_has_moved_if_the_text_is_the_same(ledger: Ledger, run: Run) -> None:
    """Headline, slug and guid have changed at once, so only the redirect and the text show it."""
    pages = []
    for path, text in {"ferry-adrift": FERRY, "all-are-safe": FERRY, "storm": STORM}.items():
        item = discovered(f"https://kurier.example/{path}", NOON, title=path.replace("-", " "), published_at=NOON)
        pages.append(captured(item, path, NOON))
        ledger.append([item, pages[-1], extracted(pages[-1], item.title, text)], run)
    ferry, safe, storm = pages
    first = revisited(ferry, ferry, RevisitOutcome.FAILED, NOON, reason="to_other_article", final_url=safe.url)
    second = revisited(first, ferry, RevisitOutcome.MISSING, NOON, reason="to_other_page", final_url=storm.url)
    ledger.append([first, second], run)
    assert pending(ledger, run) == [("moved", ferry.url, safe.url)]


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
