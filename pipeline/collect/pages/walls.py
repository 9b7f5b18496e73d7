"""Walls: pages that a server shows instead of the article, such as a challenge, a captcha, or a request for consent.

A wall says nothing about the article, so it is neither the article nor its new revision. Nothing is done to get around
it: the page is requested again later, as after other passing failures. The marks of walls are data, in `walls.toml`.

Pure: bytes in, a verdict out.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from enum import StrEnum
from functools import cache
from importlib.resources import files
from itertools import islice
from urllib.parse import unquote, urlsplit

import msgspec
from lxml.html import HtmlElement

from pipeline.archive.codings import CodingError, decode_start
from pipeline.collect.feeds.charset import decode_text
from pipeline.collect.http.responses import Response
from pipeline.collect.pages.section_pages import parse_html
from pipeline.collect.pages.soft_404 import headlines, is_dated, title_parts
from pipeline.sources.sites import latin

MAX_BYTES = 300_000
"""Only this first part of a page is searched for marks."""
MAX_CHARS = 20_000
"""Only this much of what a reader sees is searched for words."""
_REFUSING = frozenset({401, 402, 403, 405, 429, 503})
"""Statuses with which walls are sent. 402 is sent with a request to subscribe, 405 by firewalls with a captcha."""
_UNSEEN = frozenset({"script", "style", "template", "svg"})
_WORD = re.compile(r"[a-z]{4,}")
_WORDS_IN_ADDRESS = 3
"""A headline with fewer of its words in the address may be there by chance, or be the name of a section."""
_WORDS_OF_PROSE = 25
"""A line with as many words is a paragraph of the article."""


class WallKind(StrEnum):
    """A reason of a page that was not captured."""

    CHALLENGE = "wall_challenge"
    """A script that the browser has to run."""
    CAPTCHA = "wall_captcha"
    CONSENT = "wall_consent"
    LOGIN = "wall_login"
    SUBSCRIPTION = "wall_subscription"
    """A page that only asks for a subscription. One with the beginning of the article is no wall."""
    RATE_LIMIT = "wall_rate_limit"
    BLOCK = "wall_block"
    """A page that only says that access is denied."""


class WallRule(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An entry of `walls.toml`, which explains the fields."""

    kind: str
    max_words: int
    example: str
    says: str | None = None
    heads: str | None = None
    contains: str | None = None

    @property
    def wall_kind(self) -> WallKind:
        return WallKind(f"wall_{self.kind}")


class _Rules(msgspec.Struct, frozen=True):
    rule: tuple[WallRule, ...]


_ANNOUNCED = {
    ("cf-mitigated", "challenge"): WallKind.CHALLENGE,
    ("x-amzn-waf-action", "challenge"): WallKind.CHALLENGE,
    ("x-amzn-waf-action", "captcha"): WallKind.CAPTCHA,
}
"""Headers with which firewalls say that they answered in the place of the outlet."""


@cache
def wall_rules() -> tuple[WallRule, ...]:
    text = files("pipeline.collect.pages").joinpath("walls.toml").read_text("utf-8")
    return msgspec.toml.decode(text, type=_Rules).rule


def wall_in(response: Response) -> WallKind | None:
    """The kind of the wall that an answer shows; None if it is not one. It parses, so call it in a worker process."""
    if (announced := announced_wall(response)) is not None:
        return announced
    try:
        body = decode_start(response.exchange.body_sent, response.exchange.header("content-encoding"), MAX_BYTES)
    except CodingError:
        return None
    return wall_kind(body, response.content_type, response.status, response.final_url)


def announced_wall(response: Response) -> WallKind | None:
    """The kind of wall that the headers of an answer name; None if they name none."""
    for (header, value), kind in _ANNOUNCED.items():
        if (response.exchange.header(header) or "").strip().lower() == value:
            return kind
    return None


def wall_kind(
    body: bytes, content_type: str | None, status: int, url: str = "", article_title: str | None = None
) -> WallKind | None:
    """The kind of wall that the page with this address is; None if it is not one. The title is that of the article in
    its feed, if it is known."""
    is_refusal = status in _REFUSING
    if not (is_refusal or 200 <= status < 300):
        return None
    text, _ = decode_text(body[:MAX_BYTES], content_type)
    if not is_refusal and is_dated(text):
        return None  # only an article says when it was published
    root = parse_html(body[:MAX_BYTES], content_type)
    if root is None:
        return None
    title, headline = headlines(root)
    heads = [*title_parts(title), headline]
    words = sum(len(line.split()) for line in visible_lines(root))
    for element in list(root.iter("nav", "footer")):
        element.drop_tree()  # "Sign in" is on every page
    lines = visible_lines(root)
    markup, seen = text.lower(), "\n".join(lines)
    own = [head for head in heads if _is_same(head, article_title)]
    is_article = bool(own) or _is_in_address(headline or title, url)
    possible = _shown_below_headline(lines) if is_article and not is_refusal else set(WallKind)
    messages = [head for head in heads if head not in own]
    for rule in wall_rules():
        if rule.wall_kind in possible and (is_refusal or words <= rule.max_words):
            if rule.contains is not None and rule.contains in markup:
                return rule.wall_kind
            if rule.says is not None and _pattern(rule.says).search(seen):
                return rule.wall_kind
            if rule.heads is not None and any(map(_pattern(rule.heads).fullmatch, messages)):
                return rule.wall_kind
    return None


def _shown_below_headline(lines: Sequence[str]) -> AbstractSet[WallKind]:
    """The kinds that an outlet shows below the headline of its article. Those that ask for a login or a subscription
    stand there in the place of the text."""
    has_text = any(len(line.split()) >= _WORDS_OF_PROSE for line in lines)
    return {WallKind.CONSENT} if has_text else {WallKind.CONSENT, WallKind.LOGIN, WallKind.SUBSCRIPTION}


def _is_in_address(headline: str, url: str) -> bool:
    """True if words of the headline are in the path, as they are only on the page of the article."""
    words, path = (set(_WORD.findall(latin(text))) for text in (headline, unquote(urlsplit(url).path)))
    return len(words & path) >= _WORDS_IN_ADDRESS


def _is_same(head: str, article_title: str | None) -> bool:
    return bool(head) and article_title is not None and latin(head).split() == latin(article_title).split()


def visible_lines(root: HtmlElement) -> list[str]:
    """The title and the texts that a reader without scripts sees, at most MAX_CHARS, each on one line."""
    lines, chars = [], 0
    for element in root.iter():
        if not isinstance(element, HtmlElement):
            continue
        inner = element.text if element.tag not in _UNSEEN else None
        for text in (inner, element.tail):
            line = " ".join((text or "").split())[: MAX_CHARS - chars]
            if line:
                lines.append(line)
                chars += len(line)
        if chars >= MAX_CHARS:
            break
    return lines


@cache
def _pattern(says: str) -> re.Pattern[str]:
    return re.compile(says.replace(" ", r"\s+"), re.IGNORECASE | re.MULTILINE)


_REFRESH = re.compile(r"http-equiv\s*=\s*[\"']?refresh", re.IGNORECASE)
_TARGET = re.compile(r"\s*(\d{1,3})(?:\.\d*)?\s*[;,]\s*(?:url\s*=\s*)?[\"']?([^\"']+)", re.IGNORECASE)
_LONGEST_REFRESH_SECONDS = 30
"""A longer delay reloads a page that is meant to be read."""
_REFRESH_WORDS = 40
"""A page that only refreshes to another one has at most this many words, such as "You are being redirected"."""


def refresh_target(body: bytes, content_type: str | None) -> str | None:
    """The address, perhaps relative, to which a page refreshes that has nothing else to say; else None."""
    text, _ = decode_text(body[:MAX_BYTES], content_type)
    if is_dated(text) or "refresh" not in text.lower() or not _REFRESH.search(text):
        return None
    root = parse_html(body[:MAX_BYTES], content_type)
    if root is None or sum(len(line.split()) for line in visible_lines(root)) > _REFRESH_WORDS:
        return None
    for meta in islice(root.iter("meta"), 100):
        if (meta.get("http-equiv") or "").strip().lower() == "refresh":
            found = _TARGET.match(meta.get("content") or "")
            if found and int(found[1]) <= _LONGEST_REFRESH_SECONDS:
                return found[2].strip()
    return None
