"""Undo content codings (RFC 9110, 8.4) up to a maximum size: gzip, deflate, br, zstd."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping

import brotli
import zstandard

MAX_BODY_BYTES = 53_000_000
"""Maximum size of a body, both as sent and when decoded. A sitemap may have 50 MiB."""
MAX_CODINGS = 5
"""Maximum number of nested codings; each costs time in proportion to the size of the body."""

_CHUNK_BYTES = 1 << 16
_GZIP_MAGIC = b"\x1f\x8b"
_ZSTD_SLICE_BYTES = 1 << 10
_ZSTD_WINDOW_BYTES = 1 << 27


class CodingError(Exception):
    """The body cannot be decoded. `reason` is `bad_encoding` or `too_large`."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason


def decode(body: bytes, content_encoding: str | None) -> bytes:
    """Undo the codings that a Content-Encoding header names, the last one first. Raises CodingError."""
    codings = [part.strip().lower() for part in (content_encoding or "").split(",") if part.strip()]
    if len(codings) > MAX_CODINGS:
        raise CodingError("bad_encoding", f"{len(codings)} nested content-encodings")
    for coding in reversed(codings):
        if not body or coding == "identity":
            continue
        try:
            body = _DECODERS[coding](body)
        except KeyError:
            raise CodingError("bad_encoding", f"unknown content-encoding {coding!r}") from None
        except (zlib.error, brotli.error, zstandard.ZstdError, EOFError) as exc:
            raise CodingError("bad_encoding", f"broken {coding} body: {exc}") from exc
        if len(body) > MAX_BODY_BYTES:
            raise CodingError("too_large", f"more than {MAX_BODY_BYTES} bytes when decoded")
    return body


def _deflate(body: bytes) -> bytes:
    """Undo `deflate`, which servers send with and without the zlib wrapper (RFC 9110, 8.4.1.2)."""
    try:
        return _inflate(body, zlib.MAX_WBITS)
    except zlib.error:
        return _inflate(body, -zlib.MAX_WBITS)


def _inflate(body: bytes, window_bits: int) -> bytes:
    inflater = zlib.decompressobj(window_bits)
    out = inflater.decompress(body, MAX_BODY_BYTES + 1)
    if not inflater.eof and len(out) <= MAX_BODY_BYTES:
        raise EOFError("it ends too early")
    return out


def _gunzip(body: bytes) -> bytes:
    """Undo gzip. A body may have several members (RFC 1952, 2.2); anything after the last one is padding."""
    out = bytearray()
    rest = body
    while rest.startswith(_GZIP_MAGIC) and len(out) <= MAX_BODY_BYTES:
        inflater = zlib.decompressobj(zlib.MAX_WBITS | 16)
        out += inflater.decompress(rest, MAX_BODY_BYTES + 1)
        if not inflater.eof and len(out) <= MAX_BODY_BYTES:
            raise EOFError("it ends too early")
        rest = inflater.unused_data
    if rest is body:
        raise EOFError("it is not gzip")
    return bytes(out)


def _unbrotli(body: bytes) -> bytes:
    decoder = brotli.Decompressor()
    out = bytearray(decoder.process(body, output_buffer_limit=_CHUNK_BYTES))
    while not decoder.is_finished() and len(out) <= MAX_BODY_BYTES:
        more = decoder.process(b"", output_buffer_limit=_CHUNK_BYTES)
        if not more and not decoder.is_finished():
            raise EOFError("it ends too early")
        out += more
    return bytes(out)


def _unzstd(body: bytes) -> bytes:
    """Undo zstd slice by slice, because the decoder has no limit, and a slice grows at most 32,000-fold."""
    out = bytearray()
    frame = zstandard.ZstdDecompressor(max_window_size=_ZSTD_WINDOW_BYTES).decompressobj()
    for start in range(0, len(body), _ZSTD_SLICE_BYTES):
        piece = body[start : start + _ZSTD_SLICE_BYTES]
        while piece and len(out) <= MAX_BODY_BYTES:
            if frame.eof:
                frame = zstandard.ZstdDecompressor(max_window_size=_ZSTD_WINDOW_BYTES).decompressobj()
            out += frame.decompress(piece)
            piece = frame.unused_data if frame.eof else b""
    if not frame.eof and len(out) <= MAX_BODY_BYTES:
        raise EOFError("it ends too early")
    return bytes(out)


_DECODERS: Mapping[str, Callable[[bytes], bytes]] = {
    "gzip": _gunzip,
    "x-gzip": _gunzip,
    "deflate": _deflate,
    "br": _unbrotli,
    "zstd": _unzstd,
}
