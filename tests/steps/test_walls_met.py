"""Runs that meet walls, refreshes and cookies: over real HTTP, as a site shows them instead of its articles."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from pipeline.collect.pages.walls import WallKind, wall_rules
from pipeline.settings import Settings
from tests.worlds.loopback import Answer
from tests.worlds.world import PARAGRAPHS, World

HOUR = timedelta(hours=1)
EXAMPLES = {rule.wall_kind: rule.example.encode() for rule in wall_rules()}


def failures(world: World) -> dict[str, tuple[str, bool]]:
    rows = world.rows("select url, reason, will_retry from ledger.capture_failed order by position")
    return {row["url"].removeprefix(world.web.base): (row["reason"], row["will_retry"]) for row in rows}


def captured(world: World) -> dict[str, str]:
    rows = world.rows("select url, final_url from ledger.article_captured")
    return {row["url"].removeprefix(world.web.base): row["final_url"].removeprefix(world.web.base) for row in rows}


def test_a_wall_is_recorded_with_its_kind_and_the_article_is_captured_when_it_is_gone(world: World) -> None:
    paths = {f"/{kind.value}-{status}": (kind, status) for kind in WallKind for status in (200, 403, 429, 503)}
    world.web.feed("/feed.xml", *((path, path) for path in paths))
    for path, (kind, status) in paths.items():
        headers = {"Retry-After": "0"} if status in {429, 503} else {}
        world.web.answers[path] = Answer(EXAMPLES[kind], status, headers)
    world.ingest()
    assert failures(world) == {path: (kind.value, True) for path, (kind, _) in paths.items()}
    assert captured(world) == {}
    asked = sum(world.web.asked[path] for path in paths)
    world.collect()
    assert sum(world.web.asked[path] for path in paths) == asked, "the next attempt is due in 15 minutes"

    for path in paths:
        world.web.page(path, f"Story {path}", *PARAGRAPHS)
    world.later(hours=1)
    assert world.ingest().counts["article_extracted"] == len(paths)
    assert captured(world).keys() == paths.keys()


def test_a_firewall_that_names_itself_in_a_header_is_believed(world: World) -> None:
    world.web.feed("/feed.xml", ("/x", "X"), ("/y", "Y"))
    world.web.answers["/x"] = Answer(b"", 405, {"x-amzn-waf-action": "captcha"})
    world.web.answers["/y"] = Answer(b"<p>One second.</p>", 202, {"cf-mitigated": "challenge"})
    world.collect()
    assert failures(world) == {"/x": ("wall_captcha", True), "/y": ("wall_challenge", True)}


def test_a_wall_is_no_revision_of_the_article_but_an_article_about_walls_has_revisions(world: World) -> None:
    denied = "Access denied: harbour shut"
    world.web.feed("/feed.xml", ("/a", "A"), ("/b", "B"), ("/about", denied))
    world.web.page("/about", denied, "More soon.")
    world.collect()
    world.settings = world.settings.model_copy(update={"revisit_after": Settings().revisit_after})
    world.web.answers["/a"] = Answer(EXAMPLES[WallKind.CONSENT])
    world.web.answers["/b"] = Answer(EXAMPLES[WallKind.SUBSCRIPTION])
    world.web.page("/about", denied, "More later.")
    world.later(hours=2)
    world.collect()
    revisits = world.rows("select url, outcome, reason from ledger.article_revisited order by url")
    assert [(row["outcome"], row["reason"]) for row in revisits] == [
        ("failed", "wall_consent"),
        ("changed", None),
        ("failed", "wall_subscription"),
    ]
    assert len(captured(world)) == 3
    assert len(world.rows("select * from ledger.article_captured")) == 4


def test_pauses_between_attempts_at_a_wall_grow_from_run_to_run(world: World) -> None:
    world.web.answers["/a"] = Answer(EXAMPLES[WallKind.CAPTCHA])
    world.collect()
    for attempt, hours in enumerate((0.25, 1, 4, 16), start=1):
        assert failures(world) == {"/a": ("wall_captcha", True)}
        world.later(hours=hours * 0.98)
        world.collect()
        assert world.web.asked["/a"] == attempt, "the next attempt is not due"
        world.later(hours=hours * 0.03)
        world.collect()
        assert world.web.asked["/a"] == attempt + 1
    assert failures(world) == {"/a": ("wall_captcha", False)}
    world.later(hours=48)
    world.collect()
    assert world.web.asked["/a"] == 5


def test_a_page_that_shows_only_a_teaser_later_is_no_revision_of_the_article(world: World) -> None:
    first, second, _ = PARAGRAPHS
    paths = ("/a", "/declared", "/noticed", "/cut", "/rewritten")
    world.web.feed("/feed.xml", *((path, path) for path in paths))
    for path in paths:
        world.web.page(path, f"Ferry {path}", *PARAGRAPHS)
    world.ingest()

    world.settings = world.settings.model_copy(update={"revisit_after": Settings().revisit_after})
    world.web.page("/a", "Ferry /a", first)  # the outlet has shortened it
    world.web.page("/declared", "Ferry /declared", first)
    world.web.page("/noticed", "Ferry /noticed", first, "Subscribe now to continue reading.")
    world.web.page("/cut", "Ferry /cut", f"{first[:-30]} …")
    new = second.replace("Monday", "Tuesday")
    world.web.page("/rewritten", "Ferry /rewritten", new, "Subscribe now to continue reading.")
    for path, name, content in (
        ("/declared", "content_tier", "locked"),
        ("/noticed", "published_time", "2026-03-02T08:00:00Z"),  # so it is no wall
        ("/rewritten", "published_time", "2026-03-02T08:00:00Z"),
    ):
        meta = f"<meta property='article:{name}' content='{content}'></head>".encode()
        world.web.answers[path] = Answer(world.web.answers[path].body.replace(b"</head>", meta))
    world.later(hours=2)
    assert world.ingest().counts["article_captured"] == len(paths)
    refused = world.rows("select url, reason, article_id from ledger.extraction_failed order by url")
    assert [(row["url"].removeprefix(world.web.base), row["reason"]) for row in refused] == [
        ("/cut", "teaser"),
        ("/declared", "teaser"),
        ("/noticed", "teaser"),
    ]
    annotated = world.rows("select count(*) as texts from ledger.article_annotated")
    assert annotated == [{"texts": len(paths) + 2}], "what was refused is not annotated"
    world.later(minutes=20)
    assert "extraction_failed" not in world.ingest().counts


def test_a_wall_instead_of_a_feed_is_named(world: World) -> None:
    for status in (200, 403):
        world.web.answers["/feed.xml"] = Answer(EXAMPLES[WallKind.CHALLENGE], status)
        world.collect()
    polls = world.rows("select outcome, reason, status from ledger.feed_polled order by position")
    assert [tuple(poll.values()) for poll in polls] == [
        ("failed", "wall_challenge", 200),
        ("failed", "wall_challenge", 403),
    ]


def refresh(to: str) -> Answer:
    return Answer(f"<html><head><meta http-equiv='refresh' content='0; url={to}'></head></html>".encode())


def test_a_page_that_only_refreshes_is_followed_once(world: World) -> None:
    world.web.feed("/feed.xml", ("/once", "Once"), ("/twice", "Twice"), ("/itself", "Itself"))
    world.web.answers |= {"/once": refresh("/a"), "/twice": refresh("/again"), "/again": refresh("/b")}
    world.web.answers["/itself"] = refresh("/itself")
    world.collect()
    assert captured(world)["/once"] == "/a"
    assert failures(world)["/twice"] == ("only_refreshes", False)
    assert world.web.asked["/b"] == 0
    assert world.web.asked["/itself"] == 1
    assert world.verify().findings == ()


def test_cookies_are_kept_within_one_chain_of_redirects(world: World) -> None:
    """The site shows its articles only to those who bring back what its redirect has set."""

    def decide(headers: Mapping[str, str]) -> Answer:
        if headers.get("Cookie") == "seen=1":
            return Answer(f"<h1>Ferry</h1>{''.join(f'<p>{text}</p>' for text in PARAGRAPHS)}".encode())
        return Answer(status=302, headers={"Location": "/check"})

    world.web.decides["/a"] = decide
    world.web.answers["/check"] = Answer(
        status=302, headers={"Location": "/a", "Set-Cookie": "seen=1; Path=/; HttpOnly"}
    )
    world.collect()
    assert captured(world).keys() == {"/a", "/b"}
    assert world.web.asked["/a"] == 2
    assert "Cookie" not in world.web.request_headers["/b"]
    world.web.feed("/feed.xml", ("/a", "Ferry adrift, again"))
    world.later(hours=1)
    world.collect()
    assert world.web.asked["/check"] == 2, "the second run begins without the cookie of the first"


def test_cookies_of_another_site_are_not_sent(world: World) -> None:
    elsewhere = world.web.base.replace("127.0.0.1", "elsewhere.localhost")
    world.settings = world.settings.model_copy(update={"allow_hosts": (".localhost", "127.0.0.1")})
    world.web.answers["/a"] = Answer(
        status=302, headers={"Location": f"{elsewhere}/a-story-of-the-ferry", "Set-Cookie": "a=1"}
    )
    world.web.page("/a-story-of-the-ferry", "Ferry", *PARAGRAPHS)
    world.collect()
    assert "Cookie" not in world.web.request_headers["/a-story-of-the-ferry"]
