"""Charset labels, read as browsers read them: `iso-8859-1` means windows-1252 and `shift_jis` means windows-31j.

The table is webencodings', which follows the Encoding standard (encoding.spec.whatwg.org, 4.2).
"""

from __future__ import annotations

import re

import webencodings

_HEADER = re.compile(r"charset\s*=\s*[\"']?([\w.:-]{1,40})", re.IGNORECASE)
_OTHER_CODECS = {"gbk": "gb18030", "x-user-defined": "cp1252", "replacement": None}
"""gb18030 decodes all of gbk and more. The standard refuses the charsets it calls "replacement", hz-gb-2312 for one."""


def codec_of(label: str) -> str | None:
    """The name of Python's codec for a charset label; None for an unknown label, `base64` or `utf-7` for example."""
    encoding = webencodings.lookup(label)
    if encoding is None:
        return None
    return _OTHER_CODECS.get(encoding.name, encoding.codec_info.name)


def declared_codec(content_type: str | None) -> str | None:
    """The name of Python's codec for the charset in a Content-Type header; None without a known charset."""
    match = _HEADER.search(content_type or "")
    return codec_of(match[1]) if match else None
