"""A mail server and a webhook on loopback that keep what they are sent."""

from __future__ import annotations

import socketserver
import threading
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import default
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Mailbox:
    def __init__(self, port: int) -> None:
        self.port = port
        self.mails: list[EmailMessage] = []

    @property
    def connection(self) -> str:
        """Airflow's connection to it, as an address."""
        return f"smtp://127.0.0.1:{self.port}/?disable_ssl=true&disable_tls=true&from_email=newsledger%40example.org"


class _Session(socketserver.StreamRequestHandler):
    """As much of RFC 5321 as a client needs that sends one mail."""

    def handle(self) -> None:
        self.wfile.write(b"220 mailbox\r\n")
        while line := self.rfile.readline():
            command = line[:4].upper()
            if command == b"DATA":
                self.wfile.write(b"354 go on\r\n")
                lines = iter(self.rfile.readline, b".\r\n")
                mail = BytesParser(policy=default).parsebytes(b"".join(lines))
                self.server.mailbox.mails.append(mail)  # type: ignore[attr-defined]
            elif command == b"QUIT":
                self.wfile.write(b"221 bye\r\n")
                return
            self.wfile.write(b"250 ok\r\n")


@contextmanager
def mailbox() -> Iterator[Mailbox]:
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), _Session) as server:
        server.daemon_threads = True
        box = Mailbox(server.server_address[1])
        server.mailbox = box  # type: ignore[attr-defined]
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        try:
            yield box
        finally:
            server.shutdown()


class Webhook:
    def __init__(self, port: int) -> None:
        self.base = f"http://127.0.0.1:{port}"
        self.posts: defaultdict[str, list[bytes]] = defaultdict(list)
        """The bodies of the requests by path, in order."""


class _Post(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.webhook.posts[self.path].append(body)  # type: ignore[attr-defined]
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"ok")

    def log_message(self, *args: object) -> None:
        pass


@contextmanager
def webhook() -> Iterator[Webhook]:
    """What Slack's webhooks and others like them are to a client."""
    with ThreadingHTTPServer(("127.0.0.1", 0), _Post) as server:
        hook = Webhook(server.server_address[1])
        server.webhook = hook  # type: ignore[attr-defined]
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        try:
            yield hook
        finally:
            server.shutdown()
