"""The S3-compatible store that the machines of a cluster share: whole objects, and parts of them.

Imported only where a bucket is named, by NEWSLEDGER_STORAGE or as the place of a backup: boto3 is part of the extra
`newsledger[cluster]`. Endpoint, region and credentials are boto3's own settings (`AWS_ENDPOINT_URL_S3`,
`AWS_ACCESS_KEY_ID`, a role of the machine, …).

What passes is repeated with growing pauses: 503 and other errors of the server, refused and broken connections.
Anything else, or an outage of more than about half a minute, is a StorageError that names bucket and key.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cache
from tempfile import SpooledTemporaryFile
from typing import IO, Any, BinaryIO, cast

import boto3
import msgspec
import stamina
from boto3.exceptions import Boto3Error
from boto3.s3.transfer import TransferConfig
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError, IncompleteReadError, NoCredentialsError

from pipeline.errors import StorageError
from pipeline.places import S3Place

_ATTEMPTS = 8
"""Unless AWS_MAX_ATTEMPTS says so. boto3 pauses for up to 1, 2, 4, 8, 16 and 20 seconds, half of that on average."""
_READS = 3
"""How often an answer that breaks off is asked for again."""
_TRANSFER = TransferConfig(multipart_threshold=64_000_000, multipart_chunksize=16_000_000, use_threads=False)
"""Objects above the threshold are sent in parts; nothing of them is visible before the last part has arrived."""
_COPYING = TransferConfig(multipart_threshold=5_000_000_000, multipart_chunksize=1_000_000_000, use_threads=False)
"""S3 copies up to 5 GB at once."""
_PIECE_BYTES = 1 << 20
_IN_MEMORY_BYTES = 8_000_000
"""Larger objects that are being written or read are in a temporary file."""
_MISSING = frozenset({"404", "NoSuchKey"})
_CHANGED = frozenset({"412", "PreconditionFailed", "ConditionalRequestConflict"})
_NO_CREDENTIALS = "no credentials were found; set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
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

    def __init__(self, place: S3Place) -> None:
        self._place = place

    def __str__(self) -> str:
        return str(self._place)

    def read(self, name: str, offset: int, length: int) -> bytes:
        """Up to `length` bytes from this offset, fewer at the object's end. Raises ObjectMissing, StorageError."""
        asked = self._of(name) | {"Range": f"bytes={offset}-{offset + length - 1}"}
        with self._errors(name):
            try:
                for attempt in stamina.retry_context(on=_BrokenOff, attempts=_READS):
                    with attempt:  # boto3 repeats a request, but not the reading of its answer
                        return _bytes_of(_client().get_object(**asked)["Body"])
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
                    found: Mapping[str, Any] = _client().get_object(**self._of(name))
                    while piece := _bytes_of(found["Body"], _PIECE_BYTES):
                        file.write(piece)
                    if file.tell() != found["ContentLength"]:
                        raise _BrokenOff(f"{file.tell()} of {found['ContentLength']} bytes arrived")
                    return found
        raise AssertionError("stamina returns or raises")

    def put(self, name: str, file: IO[bytes], metadata: Mapping[str, str] | None = None) -> None:
        """Make the file's bytes, from its beginning, the object, and return once the store has them for good. An object
        that exists is replaced; nobody sees a part of the new one. Raises StorageError."""
        extra, size_bytes = {"Metadata": dict(metadata or {})}, file.seek(0, os.SEEK_END)
        file.seek(0)
        with self._errors(name):
            if size_bytes < _TRANSFER.multipart_threshold:
                _client().put_object(**self._of(name), Body=file, **extra)
                return
            _client().upload_fileobj(_Kept(file), **self._of(name), ExtraArgs=extra, Config=_TRANSFER)
        self._require_complete(name, size_bytes)

    def create(self, name: str, content: bytes) -> None:
        """Make an object of this content. Raises ObjectChanged if there is one already, StorageError."""
        with self._errors(name):
            _client().put_object(**self._of(name), Body=content, IfNoneMatch="*")

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
                _client().put_object(**self._of(name), Body=file, **said)

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
            _client().copy(self._of(name), **self._of(target), ExtraArgs=extra, Config=_COPYING)
        self._require_complete(target, found.size_bytes)

    def find(self, name: str) -> StoredObject | None:
        """What is known of the object; None if it does not exist. Raises StorageError."""
        try:
            with self._errors(name):
                found = _client().head_object(**self._of(name))
        except ObjectMissing:
            return None
        return StoredObject(name, found["ContentLength"], _state(found), _modified_at_ns(found), found["Metadata"])

    def objects(self, folder: str = "") -> Iterator[StoredObject]:
        """All objects whose name begins with `folder`, by name. Raises StorageError."""
        with self._errors(folder):
            pages = _client().get_paginator("list_objects_v2")
            for page in pages.paginate(Bucket=self._place.bucket, Prefix=self._place.prefix + folder):
                for found in page.get("Contents", ()):
                    name = found["Key"].removeprefix(self._place.prefix)
                    yield StoredObject(name, found["Size"], _state(found), _modified_at_ns(found))

    def delete(self, names: Iterable[str]) -> None:
        """Delete the objects that exist. Raises StorageError."""
        for name in names:
            with self._errors(name):
                _client().delete_object(**self._of(name))

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
            raise StorageError(f"{where}: {_NO_CREDENTIALS}") from exc
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


class S3Access(msgspec.Struct, frozen=True):
    """What another program, DuckDB, needs to reach the store as boto3 does."""

    endpoint: str
    """Host and port."""
    uses_tls: bool
    uses_paths: bool
    """True if the bucket is in the path of an address, not in its host name."""
    region: str
    key_id: str
    secret: str
    token: str
    attempts: int
    """How often a request is tried."""

    def __repr__(self) -> str:
        return f"S3Access({self.endpoint})"


def s3_access() -> S3Access:
    """Endpoint and today's credentials: those of a role change every few hours. Raises StorageError without any."""
    client = _client()
    scheme, _, endpoint = client.meta.endpoint_url.partition("://")
    try:
        credentials = _session(os.getpid()).get_credentials()
        if credentials is None:
            raise StorageError(f"S3: {_NO_CREDENTIALS}")
        frozen = credentials.get_frozen_credentials()
    except BotoCoreError as exc:
        raise StorageError(f"S3: {' '.join(str(exc).split())}") from exc
    return S3Access(
        endpoint=endpoint.rstrip("/"),
        uses_tls=scheme == "https",
        uses_paths=_uses_paths(client, endpoint),
        region=client.meta.region_name,
        key_id=frozen.access_key,
        secret=frozen.secret_key,
        token=frozen.token or "",
        attempts=_attempts(_session(os.getpid())),
    )


def temporary_file() -> BinaryIO:
    """An empty file in memory, or on the disk if it becomes large, that vanishes with its process."""
    return cast(BinaryIO, SpooledTemporaryFile(_IN_MEMORY_BYTES))


class _Kept:
    """A file that boto3 does not close after it has sent it, so that it can be sent again."""

    def __init__(self, file: IO[bytes]) -> None:
        self.read, self.seek, self.tell = file.read, file.seek, file.tell

    def close(self) -> None:
        """Leave the file open."""


def _client() -> Any:
    return _client_of(os.getpid())


@cache
def _client_of(process: int) -> Any:
    """Each process has a client of its own: connections must not be shared with a process that was forked."""
    session = _session(process)
    config = Config(
        retries={"mode": "standard", "total_max_attempts": _attempts(session)},
        connect_timeout=10,
        read_timeout=30,
        response_checksum_validation="when_required",  # not all stores compute the one of an object that came in parts
    )
    return session.client("s3", region_name=session.region_name or "us-east-1", config=config)


def _attempts(session: boto3.session.Session) -> int:
    return int(session._session.get_config_variable("max_attempts") or _ATTEMPTS)


@cache
def _session(process: int) -> boto3.session.Session:
    return boto3.session.Session()


def _uses_paths(client: Any, endpoint: str) -> bool:
    style = (client.meta.config.s3 or {}).get("addressing_style", "auto")
    return style == "path" or (style == "auto" and not endpoint.endswith("amazonaws.com"))


def _state(found: Mapping[str, Any]) -> str:
    return f"{found['ETag']}-{found['LastModified'].timestamp():.0f}"


def _modified_at_ns(found: Mapping[str, Any]) -> int:
    return int(found["LastModified"].timestamp()) * 1_000_000_000


def _code(exc: ClientError) -> str:
    return str(exc.response.get("Error", {}).get("Code", ""))
