"""Undo content codings (RFC 9110, 8.4): gzip, deflate, br, zstd.

Bytes of others may be made to be slow to decode. So each coding is undone in one pass over the body, with a maximum
size of the result, of the number of codings, and of the members of one coding.

Servers also name codings that they did not apply, or none that exist: `UTF-8`, `aws-chunked`, gzip for a plain body. As
in browsers, such a name is ignored if the body can be read without it.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping

import brotli
import msgspec
import zstandard

MAX_BODY_BYTES = 53_000_000
"""Maximum size of a body, both as sent and when decoded. A sitemap may have 50 MiB."""
MAX_CODINGS = 3
"""Maximum number of nested codings; each costs time in proportion to the size of the body."""
MAX_MEMBERS = 10_000
"""Maximum number of gzip members or zstd frames in a body. A program that compresses in parallel writes one for each
64 KiB or more, so some hundreds in the largest body."""

GZIP_MAGIC = b"\x1f\x8b"
"""The first bytes of a gzip file (RFC 1952)."""

_PIECE_BYTES = 1 << 14
_BROTLI_PIECE_BYTES = 1 << 16
_ZSTD_PIECE_BYTES = 1 << 10
"""The zstd decoder has no limit, and a piece grows at most 32,000-fold."""
_ZSTD_WINDOW_BYTES = 1 << 27
_UNDECODED = frozenset({"compress", "x-compress", "exi", "pack200-gzip", "dcb", "dcz"})
"""Registered codings that are not supported. A body with one of them can be read only if it was not coded at all."""
_LOOK_BYTES = 1_000
_WHITESPACE = b"\t\n\r "
"""What scripts on a server print before they send a file that is already compressed."""
_MIN_BYTES_PER_CONTROL = 50
"""Text has fewer control characters than one in 50 bytes. Compressed bytes have one in ten."""
_NOT_IN_TEXT = bytes({*range(32)} - set(b"\t\n\f\r\x1b"))
_PACKED = b"\x1f"
"""The first byte of what gzip, compress and pack write."""
_UTF_16 = (b"\xff\xfe", b"\xfe\xff")


class CodingError(Exception):
    """The body cannot be decoded. `reason` is `bad_encoding` or `too_large`."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason


class _Decoded(msgspec.Struct, frozen=True):
    """What a decoder gives: at most one byte more than it was allowed."""

    body: bytes
    is_whole: bool = True
    """False if the coded body ends too early."""


def decode(body: bytes, content_encoding: str | None) -> bytes:
    """Undo the codings that a Content-Encoding header names, the last one first. Raises CodingError."""
    for coding in _named(content_encoding):
        decoded = _undo(coding, body, MAX_BODY_BYTES)
        if len(decoded.body) > MAX_BODY_BYTES:
            raise CodingError("too_large", f"more than {MAX_BODY_BYTES} bytes when decoded")
        if not decoded.is_whole:
            raise CodingError("bad_encoding", f"broken {coding} body: it ends too early")
        body = decoded.body
    return body


def decode_start(body: bytes, content_encoding: str | None, max_bytes: int = MAX_BODY_BYTES) -> bytes:
    """At most the first `max_bytes` of the decoded body, which may be cut off. Raises CodingError."""
    for coding in _named(content_encoding):
        body = _undo(coding, body, max_bytes).body[:max_bytes]
    return body[:max_bytes]


def _named(content_encoding: str | None) -> list[str]:
    """The codings to undo, in this order; without those that are no codings. Raises CodingError."""
    named = [part.strip().lower() for part in (content_encoding or "").split(",")]
    codings = [coding for coding in reversed(named) if coding in _DECODERS or coding in _UNDECODED]
    if len(codings) > MAX_CODINGS:
        raise CodingError("bad_encoding", f"{len(codings)} nested content-encodings")
    return codings


def _undo(coding: str, body: bytes, max_bytes: int) -> _Decoded:
    """The body without this coding; the body itself if it is text. Raises CodingError."""
    if not body:
        return _Decoded(body)
    if coding in _UNDECODED:
        if _is_text(body):
            return _Decoded(body)
        raise CodingError("bad_encoding", f"unsupported content-encoding {coding!r}")
    if (bare := body.lstrip(_WHITESPACE)).startswith(GZIP_MAGIC):
        body = bare
    decoder = _gunzip if body.startswith(GZIP_MAGIC) else _DECODERS[coding]
    try:
        decoded = decoder(body, max_bytes)
    except (zlib.error, brotli.error, zstandard.ZstdError) as exc:
        if _is_text(body):
            return _Decoded(body)
        raise CodingError("bad_encoding", f"broken {coding} body: {exc}") from exc
    return decoded if decoded.is_whole or not _is_text(body) else _Decoded(body)


def _is_text(body: bytes) -> bool:
    start = body[:_LOOK_BYTES]
    controls = len(start) - len(start.translate(None, _NOT_IN_TEXT))
    if start.startswith(_PACKED):
        return False
    return start.startswith(_UTF_16) or controls * _MIN_BYTES_PER_CONTROL <= len(start)


def _gunzip(body: bytes, max_bytes: int) -> _Decoded:
    """Undo gzip. A body may have several members (RFC 1952, 2.2); anything after the last one is padding."""
    if not body.startswith(GZIP_MAGIC):
        return _inflate(body, max_bytes)
    out, at, is_whole = bytearray(), 0, True
    for _ in range(MAX_MEMBERS):
        inflater = zlib.decompressobj(zlib.MAX_WBITS | 16)
        at = _inflate_into(out, inflater, body, at, max_bytes)
        is_whole = inflater.eof
        if not is_whole or len(out) > max_bytes or not body.startswith(GZIP_MAGIC, at):
            return _Decoded(bytes(out), is_whole)
    raise CodingError("bad_encoding", f"more than {MAX_MEMBERS} gzip members")


def _inflate(body: bytes, max_bytes: int) -> _Decoded:
    """Undo `deflate`, which servers send with and without the zlib wrapper (RFC 9110, 8.4.1.2)."""
    try:
        return _inflate_as(zlib.MAX_WBITS, body, max_bytes)
    except zlib.error:
        return _inflate_as(-zlib.MAX_WBITS, body, max_bytes)


def _inflate_as(window_bits: int, body: bytes, max_bytes: int) -> _Decoded:
    out, inflater = bytearray(), zlib.decompressobj(window_bits)
    _inflate_into(out, inflater, body, 0, max_bytes)
    return _Decoded(bytes(out), inflater.eof)


def _inflate_into(out: bytearray, inflater: zlib._Decompress, body: bytes, at: int, max_bytes: int) -> int:
    """Append the stream that begins at `at`, until it ends or `out` has more than `max_bytes`. Return where it ends."""
    view = memoryview(body)
    while not inflater.eof and at < len(body) and len(out) <= max_bytes:
        piece = view[at : at + _PIECE_BYTES]
        out += inflater.decompress(piece, max_bytes + 1 - len(out))
        at += len(piece) - len(inflater.unused_data)
    return at


def _unbrotli(body: bytes, max_bytes: int) -> _Decoded:
    decoder = brotli.Decompressor()
    out = bytearray(decoder.process(body, output_buffer_limit=_BROTLI_PIECE_BYTES))
    while not decoder.is_finished() and len(out) <= max_bytes:
        more = decoder.process(b"", output_buffer_limit=_BROTLI_PIECE_BYTES)
        if not more and not decoder.is_finished():
            break
        out += more
    return _Decoded(bytes(out[: max_bytes + 1]), decoder.is_finished())


def _unzstd(body: bytes, max_bytes: int) -> _Decoded:
    out, frames = bytearray(), 1
    frame = zstandard.ZstdDecompressor(max_window_size=_ZSTD_WINDOW_BYTES).decompressobj()
    for start in range(0, len(body), _ZSTD_PIECE_BYTES):
        piece = body[start : start + _ZSTD_PIECE_BYTES]
        while piece and len(out) <= max_bytes:
            if frame.eof:
                frame = zstandard.ZstdDecompressor(max_window_size=_ZSTD_WINDOW_BYTES).decompressobj()
                frames += 1
            if frames > MAX_MEMBERS:
                raise CodingError("bad_encoding", f"more than {MAX_MEMBERS} zstd frames")
            out += frame.decompress(piece)
            piece = frame.unused_data if frame.eof else b""
    return _Decoded(bytes(out[: max_bytes + 1]), frame.eof)


_DECODERS: Mapping[str, Callable[[bytes, int], _Decoded]] = {
    "gzip": _gunzip,
    "x-gzip": _gunzip,
    "deflate": _inflate,
    "br": _unbrotli,
    "zstd": _unzstd,
}
