"""A mail server on loopback that keeps what it is sent."""

from __future__ import annotations

import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import default


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
