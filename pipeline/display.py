"""Text as it may be shown, on a terminal or on a page."""

from __future__ import annotations

import re
from urllib.parse import quote

import msgspec

_CONTROL = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\U000e0000-\U000e007f]"
)
"""Control characters, those that change the direction or the line, and invisible ones, with which two different words
look the same. Joiners stay: some scripts need them."""

_LOGIN = re.compile(
    r"""(?<=:/)(?P<begin>/?)(?:[^\s/:"'@]+:(?!\d{1,5}/)[^\s"']*|[^\s/"']+)@"""  # a password may have / and @ in it
    r"""|(?<![^\s"'(=,])(?!(?:smtp|mailto):)[^\s/:"'@]+:(?!/)[^\s"']*@"""  # without a scheme
    r"""|(?P<option>password\s*=\s*)(?:'[^']*'|[^\s&"']+)""",
    re.IGNORECASE,
)
"""User and password in an address; a password among the options of a connection to PostgreSQL."""


def without_logins(text: str) -> str:
    """Text for an error or a log, with … for user and password in each address."""
    return _LOGIN.sub(lambda found: f"{found['option']}…" if found["option"] else f"{found['begin'] or ''}…@", text)


def printable(value: object) -> str:
    """Text with control characters replaced, so that fetched text can control neither the terminal nor a page."""
    return _CONTROL.sub("\N{REPLACEMENT CHARACTER}", str(value))


def json_text(value: object) -> str:
    """The value as JSON, with those characters escaped, as JSON allows in any text. A type that JSON does not know
    becomes its text."""
    return _CONTROL.sub(_escaped, msgspec.json.encode(value, enc_hook=str).decode())


def _escaped(found: re.Match[str]) -> str:
    units = found[0].encode("utf-16-be").hex()
    return "".join(f"\\u{units[at : at + 4]}" for at in range(0, len(units), 4))


def quoted_controls(url: str) -> str:
    """The same address, with those characters percent-encoded."""
    return _CONTROL.sub(lambda found: quote(found[0]), url)
