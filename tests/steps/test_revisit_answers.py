"""What the answer to a second visit means: unreachable, elsewhere, renamed, or on a host that asks for time."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from pipeline.collect.http.hosts import CONNECTIONS
from tests.steps.revisits import HOUR, due, look, looks, looks_again, outcomes
from tests.worlds.loopback import Answer, WebServer
from tests.worlds.world import PARAGRAPHS, World

pytestmark = pytest.mark.slow


UNREACHABLE: dict[str, tuple[Answer, tuple[str, int, str]]] = {
    "not found": (Answer(status=404), ("missing", 404, "http_4xx")),
    "gone": (Answer(status=410), ("missing", 410, "gone")),
    "a page that says it was not found": (
        Answer(b"<title>Page not found | Ferry Post</title>"),
        ("missing", 200, "soft_404"),
    ),
    "the front page": (Answer(status=302, headers={"Location": "/"}), ("missing", 200, "to_front_page")),
    "a section": (Answer(status=302, headers={"Location": "/politics/"}), ("missing", 200, "to_other_page")),
    "a known article": (Answer(status=301, headers={"Location": "/b?from=rss"}), ("missing", 200, "to_other_page")),
    "another article": (
        Answer(status=301, headers={"Location": "/all-politics-news-today"}),
        ("failed", 200, "to_other_article"),
    ),
    "a login": (Answer(status=302, headers={"Location": "/login?to=/a"}), ("failed", 200, "to_wall")),
    "forbidden": (Answer(status=403), ("failed", 403, "http_4xx")),
    "a server error": (Answer(status=500), ("failed", 500, "http_5xx")),
    "nothing": (Answer(b" \n", status=202), ("failed", 202, "no_body")),
    "a PDF": (Answer(b"%PDF", content_type="application/pdf"), ("failed", 200, "not_html")),
}
"""How the server answers when the page is fetched again, and the outcome, status and reason of the revisit."""


@pytest.fixture(scope="module")
def unreachable(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """One page for each answer: captured, then unreachable for 30 hours, then back."""
    paths = [f"/{number}" for number in range(len(UNREACHABLE))]
    with WebServer() as web:
        web.feed("/feed.xml", ("/b", "Harbour reopened"), *((path, f"Story {path}") for path in paths))
        for path in ("/b", "/", "/politics/", "/b?from=rss", "/all-politics-news-today", "/login?to=/a", *paths):
            web.page(path, f"Story {path}", *PARAGRAPHS)
        world = World(tmp_path_factory.mktemp("unreachable"), web)
        assert world.collect().counts["article_captured"] == len(paths) + 1
        looks_again(world)
        pages = {path: web.answers[path] for path in paths}
        web.answers |= {path: answer for path, (answer, _) in zip(paths, UNREACHABLE.values(), strict=True)}
        for hours in (1.1, 1.5, 2.2, 5, 6.3, 7.5, 20, 24.2, 30):
            world.ahead = hours * HOUR
            look(world)
        web.answers |= pages
        world.ahead = 73 * HOUR
        look(world)
        yield world


@pytest.mark.parametrize("name", UNREACHABLE)
def test_an_unreachable_page_is_retried_soon_and_then_at_its_next_age(unreachable: World, name: str) -> None:
    path, (_, outcome) = f"/{list(UNREACHABLE).index(name)}", UNREACHABLE[name]
    assert outcomes(unreachable, path) == [
        *((*outcome, attempt) for attempt in (1, 2, 3, 4)),
        ("unchanged", 200, None, 1),
    ]
    captures = f"select 1 from ledger.article_captured where article_id = '{unreachable.id(path)}'"
    assert len(unreachable.rows(captures)) == 1


def test_a_page_on_another_site_is_another_page(captured: World) -> None:
    captured.settings = captured.settings.model_copy(update={"allow_hosts": ("127.0.0.1", "localhost")})
    with WebServer() as other:
        other.page("/a", "Another paper", *PARAGRAPHS)
        location = f"{other.base}/a".replace("127.0.0.1", "localhost")
        captured.web.answers["/a"] = Answer(status=302, headers={"Location": location})
        captured.ahead = 2 * HOUR
        look(captured)
    assert outcomes(captured) == [("failed", 200, "to_other_site", 1)]
    assert looks(captured)[0]["final_url"] == location


def test_a_renamed_article_is_still_revisited(captured: World) -> None:
    captured.web.answers["/a"] = Answer(status=301, headers={"Location": "/ferry-saved"})
    head = f'<link rel="canonical" href="{captured.web.base}/a">'
    page = f"<html><head><title>Ferry saved</title>{head}</head><body><p>{PARAGRAPHS[0]}</p></body></html>"
    captured.web.answers["/ferry-saved"] = Answer(page.encode())
    captured.ahead = 2 * HOUR
    look(captured)
    captured.web.answers["/ferry-saved"] = Answer(page.replace(head, "").encode())
    captured.ahead = 7 * HOUR
    look(captured)
    assert outcomes(captured) == [("changed", 200, None, 1)] * 2, "it was captured there: that address is known, too"


def test_an_address_of_the_feed_s_that_leads_to_the_article_is_the_article(world: World) -> None:
    world.web.feed("/feed.xml", ("/go/1", "Ferry adrift"))
    world.web.answers["/go/1"] = Answer(status=302, headers={"Location": "/a"})
    world.collect()
    looks_again(world)
    world.ahead = 2 * HOUR
    look(world)
    world.web.answers["/go/1"] = Answer(status=302, headers={"Location": "/b"})
    world.ahead = 7 * HOUR
    look(world)
    assert outcomes(world, "/go/1") == [("unchanged", 200, None, 1), ("missing", 200, "to_other_page", 1)]


def test_another_page_that_is_unmodified_says_nothing_of_the_article(captured: World) -> None:
    """The page's validators are sent wherever it leads."""
    captured.web.page("/a", "Ferry adrift", *PARAGRAPHS, etag='"one"')
    captured.ahead = 2 * HOUR
    look(captured)
    captured.web.page("/politics/", "All politics", *PARAGRAPHS, etag='"one"')
    captured.web.answers["/a"] = Answer(status=302, headers={"Location": "/politics/"})
    for hours in (7, 8.1):
        captured.ahead = hours * HOUR
        look(captured)
    assert outcomes(captured)[1:] == [
        ("failed", 304, "to_other_page", 1),
        ("missing", 200, "to_other_page", 2),
    ]


def test_a_host_that_asks_for_time_is_not_asked_and_its_pages_stay_due(captured: World) -> None:
    for path in ("/a", "/b"):
        captured.web.answers[path] = Answer(status=503, headers={"Retry-After": "7200"})
    captured.ahead = 2 * HOUR
    look(captured)
    asked = captured.web.asked["/a"] + captured.web.asked["/b"]
    captured.ahead = 3.5 * HOUR
    look(captured)
    assert captured.web.asked["/a"] + captured.web.asked["/b"] == asked
    captured.web.page("/a", "Ferry adrift", *PARAGRAPHS)
    captured.web.page("/b", "Harbour reopened", *reversed(PARAGRAPHS))
    captured.ahead = 7 * HOUR
    look(captured)
    assert {outcomes(captured, path)[-1][0] for path in ("/a", "/b")} == {"unchanged"}


def test_no_further_page_of_a_host_that_asks_for_time_is_revisited(world: World) -> None:
    paths = [f"/{n}" for n in range(3 * CONNECTIONS)]
    world.web.feed("/feed.xml", *((path, f"Story {path}") for path in paths))
    for path in paths:
        world.web.page(path, f"Story {path}", *PARAGRAPHS)
    assert world.collect().counts["article_captured"] == len(paths)
    looks_again(world)
    for path in paths:
        world.web.answers[path] = Answer(status=503, headers={"Retry-After": "7200"})
    world.ahead = 2 * HOUR
    result = look(world)
    asked = result.count("article_revisited")
    assert 1 <= asked <= CONNECTIONS, "those under way at the same time"
    assert sum(world.web.asked[path] for path in paths) == len(paths) + asked
    assert len(result.notices) == 1
    assert due(world) == len(paths) - asked
