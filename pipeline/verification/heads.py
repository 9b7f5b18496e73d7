"""Heads of the ledger that were kept outside of it: they show if its end was cut off, or its history replaced.

A chain of digests proves that nothing before its head was changed. It cannot prove that the head is the last one there
was: without its last appends, the chain is as sound as before. So the head is kept in other places, and the ledger must
still contain each of them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Annotated

import msgspec

from pipeline.errors import SettingsError, StorageError
from pipeline.interval import utc_minute
from pipeline.json_files import decoded
from pipeline.ledger import Ledger
from pipeline.ledger.checkpoint import AppendEnd
from pipeline.models.build_file import built_head
from pipeline.settings import Settings
from pipeline.shared_files import LocalFiles, SharedFiles, published_file, shared_files

_DIGEST = re.compile(r"(?:(?P<position>[0-9]{1,18}):)?(?P<digest>sha256:[0-9a-f]{64})")


class KeptHead(msgspec.Struct, frozen=True):
    """Where the ledger once ended."""

    kept_in: str
    digest: str
    position: int | None = None
    """None if only the digest was kept."""


class Anchor(msgspec.Struct, frozen=True):
    """A line of the anchors' file: the head of a ledger that had just been verified."""

    at: Annotated[datetime, msgspec.Meta(tz=True)]
    position: int
    digest: str


def given_head(text: str) -> KeptHead:
    """The head in `POSITION:DIGEST` or `DIGEST`. Raises SettingsError."""
    match = _DIGEST.fullmatch(text.strip())
    if match is None:
        raise SettingsError(f"--digest: {text!r} is neither a digest, sha256:…, nor POSITION:sha256:…")
    position = match["position"]
    return KeptHead("--digest", match["digest"], int(position) if position else None)


class Anchors(msgspec.Struct, frozen=True):
    """The content of the file of anchors."""

    heads: Sequence[KeptHead]
    damage: Sequence[str]
    """A line for each line of the file that is no anchor, or for the file if it cannot be read."""


def read_anchors(settings: Settings) -> Anchors:
    """The heads in the file of anchors, and what is wrong with it. A missing one has none."""
    path, heads, damage = settings.anchors_file, list[KeptHead](), list[str]()
    try:
        content = _files(settings).read(path) or b""
    except StorageError as exc:
        return Anchors((), (str(exc),))
    for number, line in enumerate(content.splitlines(), start=1):
        try:
            anchor = decoded(line, Anchor)
        except msgspec.DecodeError as exc:
            damage.append(f"{path}: line {number} is no anchor ({exc})")
        else:
            heads.append(KeptHead(f"{path.name}, line of {utc_minute(anchor.at)}", anchor.digest, anchor.position))
    return Anchors(heads, damage)


def heads_of_builds(settings: Settings) -> Iterator[KeptHead]:
    """The heads from which the published file and the build were made."""
    for path in (published_file(settings), settings.build_file):
        if head := built_head(path):
            yield KeptHead(path.name, head.head_digest, head.head_position)


def missing_heads(ledger: Ledger, kept: Sequence[KeptHead]) -> Iterator[str]:
    """A line for each of these heads that the ledger does not contain."""
    end = ledger.head().position
    for head in kept:
        appends = ledger.select(AppendEnd, "append_with_digest", digest=head.digest)
        if any(head.position in (None, append.last_position) for append in appends):
            continue
        if appends:
            what = f"its digest is that of position {appends[0].last_position}, not of {head.position}"
        elif head.position is None:
            what = f"no append ends with {head.digest}: the ledger was cut off or rewritten"
        elif head.position > end:
            what = f"the ledger ended at position {head.position}, now at {end}: the events after it were cut off"
        else:
            what = f"no append ends with {head.position}:{head.digest}: the ledger was rewritten before that position"
        yield f"head in {head.kept_in}: {what}"


def drop_anchor(settings: Settings, position: int, digest: str, now: datetime) -> None:
    """Append the head to the file of anchors. Raises StorageError."""
    line = msgspec.json.encode(Anchor(now.astimezone(UTC), position, digest)) + b"\n"
    _files(settings).append(settings.anchors_file, line)


def _files(settings: Settings) -> SharedFiles:
    """A file that NEWSLEDGER_ANCHORS names is on this machine's disk, wherever the others are."""
    return shared_files(settings) if settings.anchors is None else LocalFiles()
