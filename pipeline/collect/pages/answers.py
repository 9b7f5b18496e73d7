"""Whether the answer to a request is the article's page, and if not, why, and whether a retry may help."""

from __future__ import annotations

import msgspec

from pipeline.collect.http.responses import NOT_ASKED, Response
from pipeline.collect.pages.redirections import Redirection, judge_redirection
from pipeline.collect.pages.section_pages import looks_like_article
from pipeline.collect.pages.soft_404 import SOFT_404, is_soft_404

GONE_STATUS = frozenset({404, 410})
ERROR = "error"
"""Reason of a failure that no other reason describes, such as a bug of ours."""

_PASSING_STATUS = frozenset({408, 425, 429})
_PASSING_REASONS = NOT_ASKED | {
    *("timeout", "dns", "dns_timeout", "connection", "incomplete", "bad_response", "bad_encoding"),
    *("robots_unavailable", Redirection.TO_WALL.value, ERROR),
}
_NO_ARTICLE = frozenset({Redirection.TO_WALL, Redirection.TO_FRONT_PAGE})
_ELSEWHERE = frozenset({Redirection.TO_OTHER_ARTICLE, Redirection.TO_OTHER_PAGE, Redirection.TO_OTHER_SITE})
_HTML_TYPES = frozenset({"text/html", "application/xhtml+xml"})


class NoPage(msgspec.Struct, frozen=True):
    """Why an answer is not the page that was requested."""

    reason: str
    """`http_4xx`, `gone`, …, the value of a Redirection, `not_html` or `soft_404`."""
    detail: str


def why_no_page(url: str, response: Response, final_url: str | None = None) -> NoPage | None:
    """Why the answer to a request for the article at `url` is not its page; None if it may be.

    `final_url` is the original address of a page that a web archive has delivered.
    """
    final_url, status = final_url or response.final_url, response.status
    if not 200 <= status < 300:
        return NoPage(http_reason(status), f"{final_url} answers {status}")
    content_type = response.exchange.header("content-type")
    if not is_html(content_type):
        return NoPage("not_html", f"{final_url} is {content_type}")
    if is_soft_404(response.body, content_type):
        return NoPage(SOFT_404, f"{final_url} answers {status} and says that the page does not exist")
    led = judge_redirection([url], final_url, response.body, content_type) if response.redirects else None
    # Feeds may link by short addresses or through redirects of other sites. If these end at an article, it is accepted.
    is_accepted = not looks_like_article(url) or (led is Redirection.TO_OTHER_SITE and looks_like_article(final_url))
    is_elsewhere = led in _ELSEWHERE and not is_accepted
    if led is not None and (led in _NO_ARTICLE or is_elsewhere):
        return NoPage(led.value, f"{url} leads to {final_url}")
    return None


def http_reason(status: int) -> str:
    """`gone` (410), `http_4xx`, `http_5xx`, …"""
    return "gone" if status == 410 else f"http_{status // 100}xx"


def is_html(content_type: str | None) -> bool:
    """Whether it is the type of an HTML page. A missing type counts as one."""
    return not content_type or content_type.partition(";")[0].strip().lower() in _HTML_TYPES


def is_passing(reason: str | None, status: int | None) -> bool:
    """Whether the network or a server in trouble caused the failure, so that another attempt may help."""
    return reason in _PASSING_REASONS or (status is not None and (status >= 500 or status in _PASSING_STATUS))
