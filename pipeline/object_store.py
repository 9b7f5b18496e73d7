"""The S3-compatible store that the machines of a cluster share: whole objects, and parts of them.

Imported only where a bucket is named, by NEWSLEDGER_STORAGE or as the place of a backup: boto3 is part of the extra
`newsledger[cluster]`. `pipeline.s3_client` has how the store is reached.

What passes is repeated with growing pauses: 503 and other errors of the server, refused and broken connections.
Anything else, an outage of more than about half a minute, or a store that does not answer for about one, is a
StorageError that names bucket and key.
"""

from __future__ import annotations

import os
from base64 import b64encode
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from hashlib import file_digest, sha256
from tempfile import SpooledTemporaryFile
from typing import IO, Any, BinaryIO, NamedTuple, cast

import msgspec
import stamina
from boto3.exceptions import Boto3Error
from boto3.s3.transfer import TransferConfig
from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError, IncompleteReadError, NoCredentialsError

from pipeline.errors import StorageError
from pipeline.places import S3Place
from pipeline.s3_client import NO_CREDENTIALS, client

_READS = 3
"""How often an answer that breaks off is asked for again."""
_PART_BYTES = 16_000_000
"""Larger objects are sent in parts; nothing of them is visible before the last part has arrived."""
_COPYING = TransferConfig(multipart_threshold=5_000_000_000, multipart_chunksize=1_000_000_000, use_threads=False)
"""S3 copies up to 5 GB at once."""
_PIECE_BYTES = 1 << 20
_IN_MEMORY_BYTES = 8_000_000
"""Larger objects that are being written or read are in a temporary file."""
_MISSING = frozenset({"404", "NoSuchKey"})
_CHANGED = frozenset({"412", "PreconditionFailed", "ConditionalRequestConflict"})
_CHANGES = 10
"""How often the change of an object is tried that others write at the same time."""


class ObjectMissing(StorageError):
    """There is no such object."""


class ObjectChanged(StorageError):
    """Another process has written the object meanwhile."""


class StoredObject(msgspec.Struct, frozen=True):
    """What the store says of an object, without its bytes."""

    name: str
    """The key without the place's prefix."""
    size_bytes: int
    state: str
    """Changes if the object is written again."""
    modified_at_ns: int
    """By the clock of the store, in whole seconds."""
    metadata: Mapping[str, str] = {}


class ObjectStore:
    """The objects below one place. Can be used by several threads."""

    def __init__(self, place: S3Place, to_read: Callable[[], Any] = client) -> None:
        """`to_read` gives the client that finds and downloads objects."""
        self._place, self._to_read = place, to_read

    def __str__(self) -> str:
        return str(self._place)

    def read(self, name: str, offset: int, length: int) -> bytes:
        """Up to `length` bytes from this offset, fewer at the object's end. Raises ObjectMissing, StorageError."""
        asked = self._of(name) | {"Range": f"bytes={offset}-{offset + length - 1}"}
        with self._errors(name):
            try:
                for attempt in stamina.retry_context(on=_BrokenOff, attempts=_READS):
                    with attempt:  # boto3 repeats a request, but not the reading of its answer
                        return _bytes_of(client().get_object(**asked)["Body"])
            except ClientError as exc:
                if _code(exc) == "InvalidRange":
                    return b""
                raise
        raise AssertionError("stamina returns or raises")

    def open(self, name: str) -> BinaryIO:
        """The whole object. Raises ObjectMissing, StorageError."""
        file = temporary_file()
        try:
            self.download(name, file)
        except BaseException:
            file.close()
            raise
        file.seek(0)
        return file

    def download(self, name: str, file: IO[bytes]) -> Mapping[str, Any]:
        """Write the whole object into the file, and return the store's answer. Raises ObjectMissing, StorageError.

        Not by boto3's transfers, which swallow an interrupt at some moments and take nothing for everything.
        """
        with self._errors(name):
            for attempt in stamina.retry_context(on=_BrokenOff, attempts=_READS):
                with attempt:
                    file.seek(0)
                    file.truncate()
                    found: Mapping[str, Any] = self._to_read().get_object(**self._of(name))
                    while piece := _bytes_of(found["Body"], _PIECE_BYTES):
                        file.write(piece)
                    if file.tell() != found["ContentLength"]:
                        raise _BrokenOff(f"{file.tell()} of {found['ContentLength']} bytes arrived")
                    return found
        raise AssertionError("stamina returns or raises")

    def put(
        self, name: str, file: IO[bytes], metadata: Mapping[str, str] | None = None, size_bytes: int | None = None
    ) -> None:
        """Make the file's bytes, from its beginning, the object, and return once the store has them for good. With
        `size_bytes`, only so many of them: the file may grow. An object that exists is replaced; nobody sees a part of
        the new one. Raises StorageError."""
        left = file.seek(0, os.SEEK_END) if size_bytes is None else size_bytes
        file.seek(0)
        target = self._of(name) | {"Metadata": dict(metadata or {})}
        if left <= _PART_BYTES:
            with self._errors(name):
                client().put_object(**target, Body=file.read(left))
            return
        pieces = (file.read(min(_PART_BYTES, left - start)) for start in range(0, left, _PART_BYTES))
        with self._errors(name):
            sent = _send_in_parts(target, pieces)
        self._require_arrived(name, sent)

    def create(self, name: str, content: bytes) -> None:
        """Make an object of this content. Raises ObjectChanged if there is one already, StorageError."""
        with self._errors(name):
            client().put_object(**self._of(name), Body=content, IfNoneMatch="*")

    def change(self, name: str, change: Callable[[IO[bytes]], object]) -> None:
        """Write the object again, as `change` leaves the file that holds it. If another process writes it meanwhile,
        `change` is called again with what that one wrote. Raises ObjectMissing, StorageError."""
        for attempt in stamina.retry_context(on=ObjectChanged, attempts=_CHANGES, timeout=None):
            with attempt, self._errors(name), temporary_file() as file:
                found = self.download(name, file)
                file.seek(0)
                change(file)
                file.seek(0)
                said = {"IfMatch": found["ETag"], "Metadata": found["Metadata"]}
                client().put_object(**self._of(name), Body=file, **said)

    def probe(self) -> datetime:
        """Write, list, read and delete an empty object, and return the store's time. Raises StorageError."""
        name = f"newsledger-doctor-{os.getpid()}"
        with temporary_file() as empty:
            self.put(name, empty)
        try:
            written = next((found for found in self.objects(name) if found.name == name), None)
            if written is None:
                raise StorageError(f"{self._address(name)}: was written and is not listed")
            self.read(name, 0, 1)
        finally:
            self.delete([name])
        return datetime.fromtimestamp(written.modified_at_ns / 1_000_000_000, UTC)

    def copy(self, name: str, target: str) -> None:
        """Make `target` the same as `name`, within the store. Raises ObjectMissing, StorageError."""
        found = self.find(name)
        if found is None:
            raise ObjectMissing(f"{self._address(name)}: does not exist")
        extra = {"Metadata": dict(found.metadata), "MetadataDirective": "REPLACE"}  # a copy in parts has none otherwise
        with self._errors(name):
            client().copy(self._of(name), **self._of(target), ExtraArgs=extra, Config=_COPYING)
        self._require_complete(target, found.size_bytes)

    def find(self, name: str) -> StoredObject | None:
        """What is known of the object; None if it does not exist. Raises StorageError."""
        try:
            with self._errors(name):
                found = self._to_read().head_object(**self._of(name))
        except ObjectMissing:
            return None
        return StoredObject(name, found["ContentLength"], _state(found), _modified_at_ns(found), found["Metadata"])

    def objects(self, folder: str = "") -> Iterator[StoredObject]:
        """All objects whose name begins with `folder`, by name. Raises StorageError."""
        with self._errors(folder):
            pages = client().get_paginator("list_objects_v2")
            for page in pages.paginate(Bucket=self._place.bucket, Prefix=self._place.prefix + folder):
                for found in page.get("Contents", ()):
                    name = found["Key"].removeprefix(self._place.prefix)
                    yield StoredObject(name, found["Size"], _state(found), _modified_at_ns(found))

    def delete(self, names: Iterable[str]) -> None:
        """Delete the objects that exist. Raises StorageError."""
        for name in names:
            with self._errors(name):
                client().delete_object(**self._of(name))

    def _require_arrived(self, name: str, sent: _Sent) -> None:
        """Raises StorageError, and deletes the object, unless it is what was sent in parts. S3 itself refuses what is
        not; other stores may not, or may keep no digest: then the object is read again."""
        with self._errors(name):
            found = client().head_object(**self._of(name), ChecksumMode="ENABLED").get("ChecksumSHA256")
        if found is None:
            with self.open(name) as file:
                found = _base64(file_digest(file, "sha256").digest())  # type: ignore[arg-type]  # it has readinto
        if found.partition("-")[0] not in sent:  # S3 adds the number of parts
            self.delete([name])
            raise StorageError(f"{self._address(name)}: did not arrive as it was sent; run the same again")

    def _require_complete(self, name: str, size_bytes: int) -> None:
        """Raises StorageError unless the object has this size: boto3's transfers may swallow an interrupt."""
        found = self.find(name)
        if found is None or found.size_bytes != size_bytes:
            raise StorageError(f"{self._address(name)}: was not written completely; run the same again")

    def _of(self, name: str) -> dict[str, str]:
        return {"Bucket": self._place.bucket, "Key": self._place.prefix + name}

    def _address(self, name: str) -> str:
        return f"s3://{self._place.bucket}/{self._place.prefix}{name}"

    @contextmanager
    def _errors(self, name: str) -> Iterator[None]:
        where = self._address(name)
        try:
            yield
        except ClientError as exc:
            if _code(exc) in _MISSING:
                raise ObjectMissing(f"{where}: does not exist") from exc
            if _code(exc) in _CHANGED:
                raise ObjectChanged(f"{where}: is written by another process again and again; try again") from exc
            said = exc.response.get("Error", {}).get("Message") or ""
            raise StorageError(f"{where}: {_code(exc)}: {' '.join(said.split())}") from exc
        except NoCredentialsError as exc:
            raise StorageError(f"{where}: {NO_CREDENTIALS}") from exc
        except (BotoCoreError, Boto3Error, _BrokenOff) as exc:
            raise StorageError(f"{where}: {' '.join(str(exc).split())}; run the same again") from exc


class _BrokenOff(Exception):
    """The connection was lost while an answer was read."""


def _bytes_of(body: Any, limit: int | None = None) -> bytes:
    """The rest of an answer, or up to `limit` bytes of it. Raises _BrokenOff."""
    try:
        return cast(bytes, body.read(limit))
    except (HTTPClientError, IncompleteReadError) as exc:
        raise _BrokenOff(str(exc)) from exc


def temporary_file() -> BinaryIO:
    """An empty file in memory, or on the disk if it becomes large, that vanishes with its process."""
    return cast(BinaryIO, SpooledTemporaryFile(_IN_MEMORY_BYTES))


class _Sent(NamedTuple):
    """SHA-256 digests of an object that was sent in parts, as S3 writes them."""

    whole: str
    of_parts: str
    """That of the digests of all parts."""


def _send_in_parts(target: Mapping[str, Any], pieces: Iterable[bytes]) -> _Sent:
    """Not by boto3's transfers, which do not say what they have sent."""
    parts, digests, whole = list[dict[str, object]](), b"", sha256()
    upload_id = client().create_multipart_upload(**target, ChecksumAlgorithm="SHA256")["UploadId"]
    upload = {"Bucket": target["Bucket"], "Key": target["Key"], "UploadId": upload_id}
    try:
        for number, piece in enumerate(pieces, start=1):
            digest = sha256(piece).digest()
            part = {"PartNumber": number, "ChecksumSHA256": _base64(digest)}
            answer = client().upload_part(**upload, **part, Body=piece)
            parts.append(part | {"ETag": answer["ETag"]})
            digests += digest
            whole.update(piece)
        client().complete_multipart_upload(**upload, MultipartUpload={"Parts": parts})
    except BaseException:
        with suppress(BotoCoreError, ClientError):  # a rule of the bucket deletes what is left
            client().abort_multipart_upload(**upload)
        raise
    return _Sent(_base64(whole.digest()), _base64(sha256(digests).digest()))


def _base64(digest: bytes) -> str:
    return b64encode(digest).decode()


def _state(found: Mapping[str, Any]) -> str:
    return f"{found['ETag']}-{found['LastModified'].timestamp():.0f}"


def _modified_at_ns(found: Mapping[str, Any]) -> int:
    return int(found["LastModified"].timestamp()) * 1_000_000_000


def _code(exc: ClientError) -> str:
    return str(exc.response.get("Error", {}).get("Code", ""))
