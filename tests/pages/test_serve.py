"""`newsledger serve` as a process."""

from __future__ import annotations

import signal
import socket
import subprocess
from pathlib import Path

import pytest

from tests.pages.serving import Browser
from tests.worlds.running import COMMAND, free_port

pytestmark = pytest.mark.slow


def test_serve_answers_on_loopback_until_it_is_stopped(tmp_path: Path) -> None:
    port = free_port()
    command = [str(COMMAND), "serve", "--data", str(tmp_path), "--port", str(port)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as server:
        try:
            browser = Browser(f"http://127.0.0.1:{port}")
            answer = browser.get_when_started(lambda: server.poll() is None)
            with pytest.raises(ConnectionRefusedError):
                socket.create_connection(("127.0.0.2", port))  # answers if the server listens on all addresses
        finally:
            server.send_signal(signal.SIGTERM)
        said, errors = server.communicate(timeout=60)
    assert (answer.status, "Nothing was published so far" in answer.text) == (503, True)
    assert (server.returncode, errors) == (0, "")
    assert said.startswith(f"pages of {tmp_path}/news.duckdb at {browser.base}")
    assert "nothing was published so far" in said and said.endswith("\nstopped\n")
