"""Judges answers: is this one the page of the article, and if not, why not, and may a retry help?

Pure. `see_page` and `see_again` parse what a server sent, so they are called in worker processes.
"""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urljoin

import msgspec

from pipeline.collect.http.responses import NOT_ASKED, Response, SeenBody
from pipeline.collect.pages.redirections import Redirection, judge_redirection
from pipeline.collect.pages.section_pages import looks_like_article
from pipeline.collect.pages.soft_404 import SOFT_404, is_soft_404
from pipeline.collect.pages.walls import WallKind, announced_wall, refresh_target, wall_kind
from pipeline.events import RevisitOutcome
from pipeline.ids import digest
from pipeline.sources.sites import http_address

GONE_STATUS = frozenset({404, 410})
ONLY_REFRESHES = "only_refreshes"
"""Reason: the page only leads to another one, and so did the page that led to it."""
NO_BODY = "no_body"
"""Reason: the answer has a status of success and only white space in its body."""
ERROR = "error"
"""Reason of a failure that no other reason describes, such as a bug of ours."""

_PASSING_STATUS = frozenset({408, 425, 429})
_PASSING_REASONS = NOT_ASKED | {
    *(kind.value for kind in WallKind),
    *("timeout", "dns", "dns_timeout", "connection", "incomplete", "bad_response", "bad_encoding"),
    *("robots_unavailable", Redirection.TO_WALL.value, NO_BODY, ERROR),
}
_NO_ARTICLE = frozenset({Redirection.TO_WALL, Redirection.TO_FRONT_PAGE})
_ELSEWHERE = frozenset({Redirection.TO_OTHER_ARTICLE, Redirection.TO_OTHER_PAGE, Redirection.TO_OTHER_SITE})
_TAKEN_DOWN = frozenset({Redirection.TO_FRONT_PAGE, Redirection.TO_OTHER_PAGE})
"""Where outlets redirect readers of an article they took down. After other redirects the article may still exist."""
_HTML_TYPES = frozenset({"text/html", "application/xhtml+xml"})


class NoPage(msgspec.Struct, frozen=True):
    """Why an answer is not the page that was requested."""

    reason: str
    """`http_4xx`, `gone`, …, the value of a Redirection or a WallKind, `no_body`, `not_html`, `soft_404` or
    `only_refreshes`."""
    detail: str


class SeenPage(SeenBody, frozen=True):
    """What an answer is."""

    no_page: NoPage | None
    """None if it may be the article's page."""
    refreshes_to: str | None = None
    """The address to which a page refreshes that has nothing else to say."""


class SeenAgain(SeenBody, frozen=True):
    """What the answer says about a page that was captured before."""

    outcome: RevisitOutcome
    reason: str | None
    """Why it is not the article's page any more."""
    refreshes_to: str | None = None


def see_page(response: Response, url: str, title: str | None, *, final_url: str | None = None) -> SeenPage:
    """What the answer to a request for the article at `url` is. Raises CodingError.

    `title` is that of the article in its feed, if it is known, and `final_url` the original address of a page that a
    web archive has delivered.
    """
    body = response.decoded()
    target = _refreshes_to(response, body)
    no_page = _why_no_page(url, response, body, final_url or response.final_url, title)
    if target is not None and no_page is None:
        no_page = NoPage(ONLY_REFRESHES, f"{response.final_url} only refreshes to {target}")
    return SeenPage(len(body), digest(body), no_page, target)


def _why_no_page(url: str, response: Response, body: bytes, final_url: str, title: str | None) -> NoPage | None:
    status, content_type = response.status, response.content_type
    if (wall := _wall(response, body, title)) is not None:
        return NoPage(wall.value, f"{final_url} answers {status} with a wall")
    if not 200 <= status < 300:
        return NoPage(http_reason(status), f"{final_url} answers {status}")
    if not body.strip():
        return NoPage(NO_BODY, f"{final_url} answers {status} without a body")
    if not is_html(content_type):
        return NoPage("not_html", f"{final_url} is {content_type}")
    if is_soft_404(body, content_type):
        return NoPage(SOFT_404, f"{final_url} answers {status} and says that the page does not exist")
    led = judge_redirection([url], final_url, body, content_type) if response.redirects else None
    # Feeds may link by short addresses or through redirects of other sites. If these end at an article, it is accepted.
    is_accepted = not looks_like_article(url) or (led is Redirection.TO_OTHER_SITE and looks_like_article(final_url))
    is_elsewhere = led in _ELSEWHERE and not is_accepted
    if led is not None and (led in _NO_ARTICLE or is_elsewhere):
        return NoPage(led.value, f"{url} leads to {final_url}")
    return None


def _wall(response: Response, body: bytes, title: str | None) -> WallKind | None:
    if (announced := announced_wall(response)) is not None or not is_html(response.content_type):
        return announced
    return wall_kind(body, response.content_type, response.status, response.final_url, title)


def _refreshes_to(response: Response, body: bytes) -> str | None:
    """The absolute address to which the page only refreshes; None if it is another page, or refreshes to itself."""
    if not (200 <= response.status < 300 and is_html(response.content_type)):
        return None
    target = refresh_target(body, response.content_type)
    try:
        address = http_address(urljoin(response.final_url, target)) if target else None
    except ValueError:
        return None
    return address if address != response.final_url else None


def see_again(
    response: Response, known_as: Sequence[str], payload_digest: str, title: str | None, *, is_conditional: bool
) -> SeenAgain:
    """What the answer says about a page with these addresses whose last capture has this digest. Raises CodingError.

    A feed may name an address that redirects, so `known_as` also has the addresses at which the page was captured.
    `title` is that of the article in its feed, if it is known. `is_conditional` says that the request had a validator,
    so that the answer may be 304.
    """
    body = response.decoded()
    is_unmodified = response.status == 304 and is_conditional
    outcome, reason = _what_became(response, body, known_as, title, is_unmodified=is_unmodified)
    seen = digest(body)
    target = None if is_unmodified else _refreshes_to(response, body)
    if target is not None and reason is None:
        outcome, reason = RevisitOutcome.FAILED, ONLY_REFRESHES
    if reason is None and not is_unmodified and seen != payload_digest:
        outcome = RevisitOutcome.CHANGED
    return SeenAgain(len(body), seen, outcome, reason, target)


def _what_became(
    response: Response, body: bytes, known_as: Sequence[str], title: str | None, *, is_unmodified: bool
) -> tuple[RevisitOutcome, str | None]:
    status, content_type = response.status, response.content_type
    if status in GONE_STATUS:
        return RevisitOutcome.MISSING, http_reason(status)
    if (wall := _wall(response, body, title)) is not None:
        return RevisitOutcome.FAILED, wall.value
    if not is_unmodified and not 200 <= status < 300:
        return RevisitOutcome.FAILED, http_reason(status)
    if not is_unmodified and not body.strip():
        return RevisitOutcome.FAILED, NO_BODY
    if not is_unmodified and not is_html(content_type):
        return RevisitOutcome.FAILED, "not_html"
    if not is_unmodified and is_soft_404(body, content_type):
        return RevisitOutcome.MISSING, SOFT_404
    if response.redirects:
        led = judge_redirection(known_as, response.final_url, body, content_type)
        if led is not Redirection.TO_ARTICLE:
            is_down = led in _TAKEN_DOWN and not is_unmodified  # a 304 has no page that could say what it is
            return RevisitOutcome.MISSING if is_down else RevisitOutcome.FAILED, led.value
    return RevisitOutcome.UNCHANGED, None


def http_reason(status: int) -> str:
    """`gone` (410), `http_4xx`, `http_5xx`, …"""
    return "gone" if status == 410 else f"http_{status // 100}xx"


def is_html(content_type: str | None) -> bool:
    """True if it is the type of an HTML page. A missing type counts as one."""
    return not content_type or content_type.partition(";")[0].strip().lower() in _HTML_TYPES


def is_passing(reason: str | None, status: int | None) -> bool:
    """True if the network or a server in trouble caused the failure, so that another attempt may help."""
    return reason in _PASSING_REASONS or (status is not None and (status >= 500 or status in _PASSING_STATUS))
