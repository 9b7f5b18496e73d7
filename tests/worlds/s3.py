"""An S3 server of the tests' own on loopback, moto's, which can be told to fail, and to be slow or gone."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from io import BytesIO
from itertools import count
from socket import SHUT_RDWR
from threading import Thread
from typing import Any, Self

import boto3
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

_NUMBERS = count(1)
Answer = Iterable[bytes]
Application = Callable[[dict[str, Any], Any], Answer]
Fault = Callable[["S3Server", dict[str, Any], Any], Answer]
"""Answers a request instead of the store."""


class _Quiet(WSGIRequestHandler):
    def log(self, *said: Any) -> None:
        """Requests are in `S3Server.requests`."""


class S3Server:
    """A running server. It forgets everything when it is stopped for good, not when it is `gone`."""

    def __init__(self, host: str = "127.0.0.1", port: int = 0) -> None:
        self._store: Application = DomainDispatcherApplication(create_backend_app)
        self._faults: list[tuple[Callable[[str, str], bool], Fault, int]] = []
        self.requests: list[tuple[str, str]] = []
        """Method and path of each request."""
        self.host, self.port = host, port

    @classmethod
    @contextmanager
    def running(cls, host: str = "127.0.0.1", port: int = 0) -> Iterator[Self]:
        """At this address; with port 0 the system picks a free one."""
        server = cls(host, port)
        server.start()
        try:
            yield server
        finally:
            server.stop()

    def start(self) -> None:
        """Listen, again at the same port."""
        self._server: BaseWSGIServer = make_server(self.host, self.port, self, threaded=True, request_handler=_Quiet)
        self.port = self._server.port
        self._thread = Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @contextmanager
    def gone(self) -> Iterator[None]:
        """Nobody listens meanwhile."""
        self.stop()
        try:
            yield
        finally:
            self.start()

    @property
    def aws_settings(self) -> str:
        """The file `~/.aws/config` of somebody who uses this server."""
        return (
            "[default]\naws_access_key_id = newsledger\naws_secret_access_key = very-secret\nregion = us-east-1\n"
            f"endpoint_url = http://{self.host}:{self.port}\nmax_attempts = 3\n"
        )

    @property
    def client(self) -> Any:
        """boto3's client, to look at what is stored."""
        return boto3.client(
            "s3",
            endpoint_url=f"http://{self.host}:{self.port}",
            region_name="us-east-1",
            aws_access_key_id="newsledger",
            aws_secret_access_key="very-secret",
        )

    def new_bucket(self) -> str:
        name = f"news-{next(_NUMBERS)}"
        self.client.create_bucket(Bucket=name)
        return name

    def copy_objects(self, source: str, target: str, prefix: str) -> None:
        """Replace the objects of a bucket whose keys begin with the prefix by those of another bucket."""
        client = self.client
        for key in self.keys(target, prefix):
            client.delete_object(Bucket=target, Key=key)
        for key in self.keys(source, prefix):
            client.copy_object(Bucket=target, Key=key, CopySource={"Bucket": source, "Key": key})

    def keys(self, bucket: str, prefix: str = "") -> list[str]:
        pages = self.client.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
        return [found["Key"] for page in pages for found in page.get("Contents", ())]

    def fail(self, applies: Callable[[str, str], bool], fault: Fault, times: int) -> None:
        """Answer the next requests whose method and path `applies` accepts by the fault."""
        self._faults.append((applies, fault, times))

    @property
    def faults_left(self) -> int:
        """Requests that are still to fail."""
        return sum(times for _, _, times in self._faults)

    def heal(self) -> None:
        """Forget the faults."""
        self._faults.clear()

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Answer:
        method, path = environ["REQUEST_METHOD"], environ["PATH_INFO"]
        self.requests.append((method, path))
        for number, (applies, fault, times) in enumerate(self._faults):
            if times and applies(method, path):
                self._faults[number] = (applies, fault, times - 1)
                return fault(self, environ, start_response)
        return self._store(environ, start_response)


def slow_down(server: S3Server, environ: dict[str, Any], start_response: Any) -> Answer:
    """S3's answer to too many requests."""
    _read(environ)
    start_response("503 Slow Down", [("Content-Type", "application/xml"), ("Connection", "close")])
    return [b"<Error><Code>SlowDown</Code><Message>Please reduce your request rate.</Message></Error>"]


def denied(server: S3Server, environ: dict[str, Any], start_response: Any) -> Answer:
    _read(environ)
    start_response("403 Forbidden", [("Content-Type", "application/xml"), ("Connection", "close")])
    return [b"<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>"]


def reset(server: S3Server, environ: dict[str, Any], start_response: Any) -> Answer:
    """The connection breaks after half of the request was read."""
    environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0) // 2)
    environ["werkzeug.socket"].shutdown(SHUT_RDWR)
    raise ConnectionResetError("told to")  # the server takes it for a client that has gone


def broken_off(server: S3Server, environ: dict[str, Any], start_response: Any) -> Answer:
    """The connection breaks after half of the answer was sent."""
    start_response("206 Partial Content", [("Content-Length", "100000"), ("Connection", "close")])
    return [bytes(50_000)]


def damaged(server: S3Server, environ: dict[str, Any], start_response: Any) -> Answer:
    """One byte arrives as another one, which this store, unlike S3, does not notice."""
    body = bytearray(environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"])))
    body[-1] ^= 1
    return server._store(environ | {"wsgi.input": BytesIO(body)}, start_response)


def without_digest(server: S3Server, environ: dict[str, Any], start_response: Any) -> Answer:
    """A store that keeps no digest of the kind that it is asked for."""
    return server._store({**environ, "HTTP_X_AMZ_CHECKSUM_ALGORITHM": ""}, start_response)


def slow(seconds: float) -> Fault:
    def wait(server: S3Server, environ: dict[str, Any], start_response: Any) -> Answer:
        time.sleep(seconds)
        return server._store(environ, start_response)

    return wait


def _read(environ: dict[str, Any]) -> None:
    environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
