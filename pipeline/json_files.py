"""The small files in JSON that newsledger writes for itself, such as `checkpoint.json` and `backup.json`."""

from __future__ import annotations

from typing import TypeVar

import msgspec

T = TypeVar("T")


def decoded(content: bytes | str, kind: type[T]) -> T:
    """The value in this content, which a crash, a disk or a person may have changed.

    Raises msgspec.DecodeError, whatever is wrong with it; the caller names the file and says what to do.
    """
    try:
        return msgspec.json.decode(content, type=kind)
    except UnicodeDecodeError as exc:
        raise msgspec.DecodeError("JSON is malformed: bytes that are no UTF-8") from exc
    except RecursionError as exc:
        raise msgspec.DecodeError("JSON is malformed: nested too deeply") from exc
