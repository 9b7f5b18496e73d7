"""The errors that a user may see. Each message is one line that names the file, source, feed or URL.

    NewsledgerError
    ├── SettingsError     the environment or a command-line option cannot be used
    ├── SourcesError      sources.toml cannot be read, or a source id is unknown
    ├── StorageError      a disk is full, a file cannot be written or read
    │   └── StorageDenied the system refuses: permissions, a write-protected disk, something in the way
    ├── ArchiveError      a WARC record is not where an event says, or is damaged
    ├── LedgerError
    │   ├── LedgerDamaged what is at its place is not a ledger that can be opened
    │   ├── LedgerLocked  another process holds the lock for too long
    │   ├── LedgerTooNew  it was made by a newer version of newsledger
    │   ├── LedgerMissing there is no ledger in the data directory
    │   └── LedgerReplaced there is another ledger than the one that was seen there
    ├── NotAsRecorded     a verification has found that ledger or archive are not what was recorded
    ├── ModelsError       dbt could not build or test the models
    ├── AnnotatorError    an annotator that was asked for is not installed
    └── PageError         no article can be read from a page (the reason is recorded as an event)

An expected bad outcome of collecting, such as a timeout or a 404, is not an error but an event with a reason.
"""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pipeline.display import printable, without_logins


class NewsledgerError(Exception):
    """The base of all errors below. The command line prints the message and exits with status 1.

    The message may repeat what an outlet wrote, so characters that could control a terminal or a log are replaced. It
    may repeat what a user wrote, so user and password in an address are, too.
    """

    def __str__(self) -> str:
        return printable(without_logins(super().__str__()))


class SettingsError(NewsledgerError):
    pass


class SourcesError(NewsledgerError):
    pass


class StorageError(NewsledgerError):
    pass


class StorageDenied(StorageError):
    pass


class ArchiveError(NewsledgerError):
    pass


class LedgerError(NewsledgerError):
    pass


class LedgerDamaged(LedgerError):
    pass


class LedgerLocked(LedgerError):
    pass


class LedgerTooNew(LedgerError):
    pass


class LedgerMissing(LedgerError):
    pass


class LedgerReplaced(LedgerError):
    pass


class NotAsRecorded(NewsledgerError):
    pass


class ModelsError(NewsledgerError):
    pass


class AnnotatorError(NewsledgerError):
    pass


class PageError(NewsledgerError):
    """No article can be read from a page. `reason` is a short constant such as `no_text`; `detail` is for people."""

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(f"{reason}: {detail}" if detail else reason)
        self.reason = reason
        self.detail = detail


MISTAKES = (
    SettingsError,
    SourcesError,
    StorageDenied,
    LedgerDamaged,
    LedgerTooNew,
    LedgerMissing,
    LedgerReplaced,
    NotAsRecorded,
    AnnotatorError,
)
"""Errors that a person has to correct: repeating the same work fails in the same way."""

STORAGE_ERRNOS = frozenset(
    {
        errno.EACCES,
        errno.EDQUOT,
        errno.EEXIST,
        errno.EFBIG,
        errno.EIO,
        errno.EISDIR,
        errno.ELOOP,
        errno.ENAMETOOLONG,
        errno.ENOENT,
        errno.ENOSPC,
        errno.ENOTDIR,
        errno.EPERM,
        errno.EROFS,
    }
)
"""Error numbers for a disk that is full, over quota, read-only or broken, or for a file that is in the way."""


def cannot_be_opened(news_file: Path, exc: Exception) -> NewsledgerError:
    """The error of a published file that DuckDB cannot open, with what to do if the file itself is damaged."""
    reason = str(exc).partition("\n")[0]
    is_whole = "permission denied" in reason.lower() or "lock on file" in reason
    cure = "" if is_whole else "; `newsledger models`, then `newsledger publish`, write it again"
    return NewsledgerError(f"{news_file}: cannot be opened: {reason}{cure}")


_FULL_ERRNOS = frozenset({errno.ENOSPC, errno.EDQUOT})
_DENIED_ERRNOS = frozenset(
    {errno.EACCES, errno.EISDIR, errno.ELOOP, errno.ENAMETOOLONG, errno.ENOTDIR, errno.EPERM, errno.EROFS}
)
"""Error numbers that stay the same until a person changes something."""


def no_space(path: Path | str) -> StorageError:
    """The error of a full disk: always in the same words, wherever it is met."""
    return StorageError(
        f"{path}: no space left on the disk; what was recorded is kept: free some space and run the same again"
    )


def storage_error(exc: OSError, path: Path | str) -> StorageError:
    """The operating system's error about the disk. `path` is named if the error names no file."""
    name = exc.filename or path
    if exc.errno in _FULL_ERRNOS:
        return no_space(name)
    return (StorageDenied if exc.errno in _DENIED_ERRNOS else StorageError)(f"{name}: {exc.strerror}")


@contextmanager
def storage_errors(path: Path) -> Iterator[None]:
    """Turn an error of the operating system about the disk into a StorageError that names the path."""
    try:
        yield
    except OSError as exc:
        if exc.errno in STORAGE_ERRNOS:
            raise storage_error(exc, path) from exc
        raise
