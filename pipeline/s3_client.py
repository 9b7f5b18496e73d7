"""How the S3-compatible store is reached. Imported only where a bucket is named.

Endpoint, region and credentials are boto3's own settings (`AWS_ENDPOINT_URL_S3`, `AWS_ACCESS_KEY_ID`, a role of the
machine, …).
"""

from __future__ import annotations

import os
from functools import cache
from typing import Any

import boto3
import msgspec
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ConnectTimeoutError, ReadTimeoutError

from pipeline.errors import StorageError

_ATTEMPTS = 8
"""Unless AWS_MAX_ATTEMPTS says so. boto3 pauses for up to 1, 2, 4, 8, 16 and 20 seconds, half of that on average."""
_UNANSWERED = 3
"""A request that got no answer so often in 20 seconds each is given up: after about a minute."""
NO_CREDENTIALS = "no credentials were found; set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"


class S3Access(msgspec.Struct, frozen=True):
    """Endpoint and credentials with which DuckDB reaches the store, as boto3 does."""

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
    found = client()
    scheme, _, endpoint = found.meta.endpoint_url.partition("://")
    try:
        credentials = _session(os.getpid()).get_credentials()
        if credentials is None:
            raise StorageError(f"S3: {NO_CREDENTIALS}")
        frozen = credentials.get_frozen_credentials()
    except BotoCoreError as exc:
        raise StorageError(f"S3: {' '.join(str(exc).split())}") from exc
    return S3Access(
        endpoint=endpoint.rstrip("/"),
        uses_tls=scheme == "https",
        uses_paths=_uses_paths(found, endpoint),
        region=found.meta.region_name,
        key_id=frozen.access_key,
        secret=frozen.secret_key,
        token=frozen.token or "",
        attempts=_attempts(_session(os.getpid())),
    )


def client() -> Any:
    """boto3's client for S3."""
    return _client_of(os.getpid(), _attempts(_session(os.getpid())), 10, 20)


def hurried_client() -> Any:
    """One that gives a store up after seconds, for those who have a copy."""
    return _client_of(os.getpid(), 2, 2, 4)


@cache
def _client_of(process: int, attempts: int, connect_seconds: float, read_seconds: float) -> Any:
    """Each process has a client of its own: connections must not be shared with a process that was forked."""
    session = _session(process)
    config = Config(
        retries={"mode": "standard", "total_max_attempts": attempts},
        connect_timeout=connect_seconds,
        read_timeout=read_seconds,
        response_checksum_validation="when_required",  # not all stores compute the one of an object that came in parts
    )
    made = session.client("s3", region_name=session.region_name or "us-east-1", config=config)
    made.meta.events.register_first("needs-retry.s3", _give_up)
    return made


def _give_up(attempts: int, caught_exception: Exception | None, **_event: object) -> bool | None:
    """False, for boto3, if the request must not be repeated."""
    is_unanswered = isinstance(caught_exception, ConnectTimeoutError | ReadTimeoutError)
    return False if is_unanswered and attempts >= _UNANSWERED else None


def _attempts(session: boto3.session.Session) -> int:
    return int(session._session.get_config_variable("max_attempts") or _ATTEMPTS)


@cache
def _session(process: int) -> boto3.session.Session:
    return boto3.session.Session()


def _uses_paths(found: Any, endpoint: str) -> bool:
    style = (found.meta.config.s3 or {}).get("addressing_style", "auto")
    return style == "path" or (style == "auto" and not endpoint.endswith("amazonaws.com"))
