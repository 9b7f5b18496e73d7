"""Which characters a body consists of. What it declares is heard, what it is decides."""

from __future__ import annotations

import codecs
import re

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16, whose mark it begins with
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_UNMARKED = ((b"<\0", "utf-16-le"), (b"\0<", "utf-16-be"), (b"{\0", "utf-16-le"), (b"\0{", "utf-16-be"))
_HTTP_CHARSET = re.compile(r";\s*charset\s*=\s*[\"']?([\w.:-]{1,40})", re.IGNORECASE)
_XML_ENCODING = re.compile(r"\s{0,100}<\?xml[^>]{1,200}?encoding\s{0,9}=\s{0,9}[\"']([\w.:-]{1,40})", re.IGNORECASE)
_HEAD = 1000

_SINGLE_BYTE = re.compile(r"(iso8859-|cp125|cp437|cp85|koi8|mac-|tis-620)")
_MULTI_BYTE = frozenset({"gb2312", "gbk", "gb18030", "big5", "shift_jis", "euc_jp", "euc_kr", "iso2022_jp"})
_WINDOWS_1252 = {
    0xDC00 + byte: bytes([byte]).decode("cp1252", "replace") for byte in range(0x80, 0x100)
}  # what `surrogateescape` leaves of bytes that are not UTF-8
_NOT_XML = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")


def decode_text(body: bytes, content_type: str | None) -> tuple[str, bool]:
    """The text, and whether it is in the charset declared by the content-type and the XML declaration, if any is.

    A byte order mark decides, then valid UTF-8, then what is declared; the rest is UTF-8 with windows-1252 in between,
    as pages pasted together from both are. UTF-8 comes before the declaration because no other text of any length
    is valid UTF-8 by chance, and ISO-8859-1 is declared for much that is UTF-8.
    """
    for mark, charset in (*_BOMS, *_UNMARKED):
        if body.startswith(mark):
            text = body.decode(charset, "replace").removeprefix("\ufeff")
            return text, _agree(charset, _declared(text[:_HEAD], content_type))
    declared = _declared(body[:_HEAD].decode("latin-1"), content_type)
    if "iso2022_jp" not in declared:  # the only one whose bytes are all ASCII
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
    """The text without what XML 1.0 forbids (section 2.2), and whether there was any of it."""
    if not _NOT_XML.search(text):
        return text, False
    return _NOT_XML.sub("", text), True


def _declared(head: str, content_type: str | None) -> list[str]:
    """The codecs that the server and the document name, in this order. Those that are no charset are not heard."""
    found = (_HTTP_CHARSET.search((content_type or "")[:_HEAD]), _XML_ENCODING.match(head))
    return [charset for match in found if match and (charset := _codec(match[1])) is not None]


def _codec(name: str) -> str | None:
    """Python's codec, by the names of the web (WHATWG Encoding, 4.2): its Latin-1 and ASCII are windows-1252."""
    try:
        codec = codecs.lookup(name).name
    except (LookupError, ValueError):
        return None
    if codec in {"iso8859-1", "ascii"}:
        return "cp1252"
    if codec == "gb2312":
        return "gb18030"
    if codec.startswith("utf-") and codec != "utf-7":
        return codec
    return codec if _SINGLE_BYTE.match(codec) or codec in _MULTI_BYTE else None


def _agree(charset: str, declared: list[str]) -> bool:
    return all(other == charset or charset.startswith(other) for other in declared)
