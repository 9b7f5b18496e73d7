"""From the bytes of a feed or page to its text. The bytes decide before what the server or the document declares."""

from __future__ import annotations

import codecs
import re

from pipeline.charsets import codec_of, declared_codec

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16, whose mark it begins with
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_UNMARKED = ((b"<\0", "utf-16-le"), (b"\0<", "utf-16-be"), (b"{\0", "utf-16-le"), (b"\0{", "utf-16-be"))
_XML_ENCODING = re.compile(r"\s{0,100}<\?xml[^>]{1,200}?encoding\s{0,9}=\s{0,9}[\"']([\w.:-]{1,40})", re.IGNORECASE)
_HEAD_CHARS = 1000
"""The XML declaration stands at the start of the document."""

_WINDOWS_1252 = {0xDC00 + byte: bytes([byte]).decode("cp1252", "replace") for byte in range(0x80, 0x100)}
"""From the surrogates that `surrogateescape` makes of bytes that are not UTF-8 to characters."""
_NOT_XML = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")


def decode_text(body: bytes, content_type: str | None) -> tuple[str, bool]:
    """The text, and whether its charset is the one that the Content-Type and the XML declaration name, if any.

    The order is: a byte order mark, valid UTF-8, the declared charsets, and last UTF-8 in which the invalid bytes are
    read as windows-1252, because some documents are pasted together from both. UTF-8 comes before the declaration
    because text in another charset is almost never valid UTF-8, and much UTF-8 is declared as ISO-8859-1.
    """
    for mark, charset in (*_BOMS, *_UNMARKED):
        if body.startswith(mark):
            text = body.decode(charset, "replace").removeprefix("\ufeff")
            return text, _agree(charset, _declared(text[:_HEAD_CHARS], content_type))
    declared = _declared(body[:_HEAD_CHARS].decode("latin-1"), content_type)
    if "iso2022_jp" not in declared:  # its bytes are ASCII, so they always pass for UTF-8
        try:
            return body.decode("utf-8"), body.isascii() or _agree("utf-8", declared)
        except UnicodeDecodeError:
            pass
    for charset in declared:
        try:
            return body.decode(charset), _agree(charset, declared)
        except UnicodeDecodeError:
            continue
    return body.decode("utf-8", "surrogateescape").translate(_WINDOWS_1252), False


def remove_control_characters(text: str) -> tuple[str, bool]:
    """The text without the characters that XML 1.0 forbids (section 2.2), and whether it had any."""
    if not _NOT_XML.search(text):
        return text, False
    return _NOT_XML.sub("", text), True


def _declared(head: str, content_type: str | None) -> list[str]:
    """The codecs of the known charsets that the server and the document declare, in this order."""
    match = _XML_ENCODING.match(head)
    found = (declared_codec((content_type or "")[:_HEAD_CHARS]), codec_of(match[1]) if match else None)
    return [charset for charset in found if charset is not None]


def _agree(charset: str, declared: list[str]) -> bool:
    """True if every declaration names this charset; of UTF-16, either byte order."""
    return all(other == charset or (other[:6] == charset[:6] == "utf-16") for other in declared)
