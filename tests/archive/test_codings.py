"""Content codings: what servers send is undone once, in bounded time; what they only say is ignored."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Callable, Mapping

import brotli
import pytest
import zstandard

from pipeline.archive.codings import MAX_BODY_BYTES, CodingError, decode, decode_start

PAGE = b"<!doctype html><title>The ferry</title><p>The ferry comes at nine.</p>" * 20
BINARY = bytes(range(256)) * 50
zstd = zstandard.ZstdCompressor().compress
CODINGS: Mapping[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "deflate": zlib.compress,
    "br": brotli.compress,
    "zstd": zstd,
}


def raw_deflate(body: bytes) -> bytes:
    return zlib.compress(body)[2:-4]


@pytest.mark.parametrize("coding", CODINGS)
def test_codings_are_undone(coding: str) -> None:
    sent = CODINGS[coding](BINARY)
    assert decode(sent, coding) == decode(sent, f" {coding.upper()} ,identity,") == BINARY
    assert decode(b"", coding) == b""


LENIENT = {
    "a charset as the coding": (PAGE, "UTF-8"),
    "the framing of an object store": (PAGE, "aws-chunked"),
    "two of them": (gzip.compress(PAGE), "UTF-8, gzip, aws-chunked"),
    "no coding at all": (PAGE, ""),
    "gzip for a plain body": (PAGE, "gzip"),
    "deflate for a plain body": (PAGE, "deflate"),
    "br for a plain body": (PAGE, "br"),
    "zstd for a plain body": (PAGE, "zstd"),
    "gzip twice for a body coded once": (gzip.compress(PAGE), "gzip, gzip"),
    "deflate without its header": (raw_deflate(PAGE), "deflate"),
    "deflate that is called gzip": (zlib.compress(PAGE), "gzip"),
    "gzip that is called deflate": (gzip.compress(PAGE), "deflate"),
    "gzip that is called br": (gzip.compress(PAGE), "br"),
    "several members": (gzip.compress(PAGE[:100]) + gzip.compress(b"") + gzip.compress(PAGE[100:]), "gzip"),
    "padding after the last member": (gzip.compress(PAGE) + bytes(512), "gzip"),
    "compress for a plain body": (PAGE, "x-compress"),
    "a line break before a compressed file": (b"\r\n" + gzip.compress(PAGE), "gzip"),
    "several frames": (zstd(PAGE[:100]) + zstd(PAGE[100:]), "zstd"),
}


@pytest.mark.parametrize(("sent", "named"), LENIENT.values(), ids=LENIENT)
def test_a_body_that_can_be_read_is_read(sent: bytes, named: str) -> None:
    assert decode(sent, named) == PAGE


def test_a_stray_control_character_leaves_a_text_a_text() -> None:
    assert decode(PAGE + b"\0", "gzip") == PAGE + b"\0"
    assert decode(b"\0" + PAGE, "gzip") == b"\0" + PAGE


def test_text_in_utf_16_is_text() -> None:
    assert decode("<p>Fähre</p>".encode("utf-16"), "gzip") == "<p>Fähre</p>".encode("utf-16")


@pytest.mark.parametrize("coding", CODINGS)
def test_truncated_and_broken_bodies_are_reported(coding: str) -> None:
    for broken in (CODINGS[coding](BINARY)[:-20], b"\0\1\2\3 neither text nor compressed"):
        with pytest.raises(CodingError) as caught:
            decode(broken, coding)
        assert caught.value.reason == "bad_encoding"


def test_a_coding_that_exists_and_is_not_supported_is_reported() -> None:
    with pytest.raises(CodingError, match="unsupported content-encoding 'compress'"):
        decode(b"\x1f\x9d\x90", "compress")


@pytest.mark.parametrize("coding", CODINGS)
def test_compression_bombs_are_too_large(coding: str) -> None:
    with pytest.raises(CodingError) as caught:
        decode(CODINGS[coding](b"\0" * (MAX_BODY_BYTES + 10)), coding)
    assert caught.value.reason == "too_large"


@pytest.mark.parametrize("coding", CODINGS)
def test_the_start_of_a_body_is_read_without_the_rest(coding: str) -> None:
    sent = CODINGS[coding](BINARY)
    assert decode_start(sent, coding, 100) == BINARY[:100]
    assert BINARY.startswith(decode_start(sent[:-20], coding))


def test_the_number_of_codings_and_members_is_limited() -> None:
    """The limits are promises, so they are written out here: what a proxy and a server code is read, and the largest
    body of a program that compresses in parallel, which has a member for each 64 KiB."""
    coded = gzip.compress(zlib.compress(brotli.compress(PAGE)))
    assert decode(coded, "br, deflate, gzip") == PAGE
    assert decode(gzip.compress(b"") * 10_000, "gzip") == b""
    hostile = {
        "br, deflate, gzip, gzip": gzip.compress(coded),
        "gzip": gzip.compress(b"") * 10_001,
        "zstd": zstd(b"") * 10_001,
    }
    for named, body in hostile.items():
        with pytest.raises(CodingError) as caught:
            decode(body, named)
        assert caught.value.reason == "bad_encoding"


def test_empty_members_in_many_layers_are_refused_at_the_limit() -> None:
    """Half a kilobyte that unfolds to millions of empty members."""
    members = gzip.compress(b"") * 600_000
    with pytest.raises(CodingError, match="more than 10000 gzip members"):
        decode(gzip.compress(gzip.compress(members)), "gzip, gzip, gzip")
