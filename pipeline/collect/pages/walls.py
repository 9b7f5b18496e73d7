"""Walls: pages that a server shows instead of the article, such as a challenge, a captcha, or a request for consent.

A wall says nothing about the article, so it is neither the article nor its new revision. Nothing is done to get around
it: the page is requested again later, as after other passing failures. The marks of walls are data, in `walls.toml`.

Pure: bytes in, a verdict out.
"""

from __future__ import annotations

import re
from enum import StrEnum
from functools import cache
from importlib.resources import files
from itertools import islice
from urllib.parse import unquote, urlsplit

import msgspec

from pipeline.archive.codings import CodingError, decode_start
from pipeline.collect.feeds.charset import decode_text
from pipeline.collect.http.responses import Response
from pipeline.collect.pages.prose import blocks, words_told
from pipeline.collect.pages.section_pages import parse_html
from pipeline.collect.pages.soft_404 import headlines, is_dated, title_parts
from pipeline.sources.sites import latin

MAX_BYTES = 300_000
"""Only this first part of a page is searched for marks."""
_REFUSING = frozenset({401, 402, 403, 405, 429, 503})
"""Statuses with which walls are sent. 402 is sent with a request to subscribe, 405 by firewalls with a captcha."""
_WORD = re.compile(r"[a-z]{4,}")
_SHARED_WORDS = 3
"""A headline that shares fewer words with the address or the title of the feed may do so by chance."""
_WORDS_OF_PROSE = 25
"""Sentences with as many words, or with more than those that ask the reader for something, are those of an article."""
_BELOW_HEADLINE = frozenset({"wall_consent", "wall_login", "wall_subscription"})
"""What an outlet shows below the headline of its article, in the place of the text."""


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
    names: tuple[str, ...] = ()

    @property
    def wall_kind(self) -> WallKind:
        return WallKind(f"wall_{self.kind}")


class _Rules(msgspec.Struct, frozen=True):
    words: dict[str, str]
    rule: tuple[WallRule, ...]


_ANNOUNCED = {
    ("cf-mitigated", "challenge"): WallKind.CHALLENGE,
    ("x-amzn-waf-action", "challenge"): WallKind.CHALLENGE,
    ("x-amzn-waf-action", "captcha"): WallKind.CAPTCHA,
}
"""Headers with which firewalls say that they answered in the place of the outlet."""


@cache
def _rules() -> _Rules:
    text = files("pipeline.collect.pages").joinpath("walls.toml").read_text("utf-8")
    return msgspec.toml.decode(text, type=_Rules)


def wall_rules() -> tuple[WallRule, ...]:
    return _rules().rule


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
    words = sum(len(block.text.split()) for block in blocks(root))
    if not is_refusal and words > max(rule.max_words for rule in wall_rules()):
        return None
    title, headline = headlines(root)
    for element in list(root.iter("nav", "footer")):
        element.drop_tree()  # "Sign in" is on every page
    page = list(blocks(root))
    own = [head for head in (*title_parts(title), headline) if _is_same(head, article_title)]
    is_article = bool(own) or _share_words(headline or title, unquote(urlsplit(url).path))
    told, asked = words_told(page, _words("reader"), _words("service"))
    if told and not is_refusal and (is_article or told >= min(asked, _WORDS_OF_PROSE)):
        return None
    messages = [head for head in (*title_parts(title), headline) if head not in own]
    markup, seen = text.lower(), "\n".join(block.text for block in page)
    sentences = [sentence for block in page for sentence in block.sentences]
    for rule in wall_rules():
        if not is_refusal and (words > rule.max_words or (is_article and rule.wall_kind not in _BELOW_HEADLINE)):
            continue
        if (
            (rule.contains is not None and rule.contains in markup)
            or (rule.says is not None and _pattern(rule.says).search(seen))
            or (rule.heads is not None and any(map(_pattern(rule.heads).fullmatch, messages)))
            or (rule.names and any(all(_words(name).search(sentence) for name in rule.names) for sentence in sentences))
        ):
            return rule.wall_kind
    return None


def _share_words(one: str, other: str) -> bool:
    """True if the two have words in common that they share only if they name one article."""
    words, others = (set(_WORD.findall(latin(text))) for text in (one, other))
    return len(words & others) >= _SHARED_WORDS


def _is_same(head: str, article_title: str | None) -> bool:
    if not head or article_title is None:
        return False
    return latin(head).split() == latin(article_title).split() or _share_words(head, article_title)


@cache
def _pattern(says: str) -> re.Pattern[str]:
    return re.compile(says.replace(" ", r"\s+"), re.IGNORECASE | re.MULTILINE)


@cache
def _words(name: str) -> re.Pattern[str]:
    """The words of this class, in `walls.toml`."""
    return re.compile(_rules().words[name], re.VERBOSE)


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
    if root is None or sum(len(block.text.split()) for block in blocks(root)) > _REFRESH_WORDS:
        return None
    for meta in islice(root.iter("meta"), 100):
        if (meta.get("http-equiv") or "").strip().lower() == "refresh":
            found = _TARGET.match(meta.get("content") or "")
            if found and int(found[1]) <= _LONGEST_REFRESH_SECONDS:
                return found[2].strip()
    return None
