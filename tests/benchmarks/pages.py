"""Time to first view of the pages in a browser: `python -m tests.benchmarks.pages [ARTICLES | DATA …]`.

For each number of articles, a ledger is filled as by `tests.benchmarks.models`, and its models are built and published;
a data directory is used unchanged. `newsledger serve` runs in a process of its own, and a headless Chromium opens each
page three times: the first time with a new server. Prints one JSON line for each ledger: milliseconds from the request
to the first contentful paint (new server, then the better of two), kilobytes of HTML, megabytes of JavaScript heap and
document in the browser, CPU milliseconds of the server for a view, and the peak memory of the server.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.parse import quote
from urllib.request import urlopen

import duckdb
from playwright.sync_api import Browser

from pipeline.settings import Settings
from tests.benchmarks.models import fill, run
from tests.e2e.airflow_ui import browser
from tests.worlds.running import free_port

SIZES = (1_000,)
TOO_MUCH = 503
"""Status of a page whose queries need more memory or time than a reader may take; it asks for fewer rows."""
VIEWS = 3
"""How often each page is opened."""
PAINTED = """new Promise((done) => new PerformanceObserver((list) => {
  for (const entry of list.getEntriesByName("first-contentful-paint")) done(entry.startTime);
}).observe({type: "paint", buffered: true}))"""
COMMAND = Path(sys.executable).with_name("newsledger")


def addresses(news: Path) -> dict[str, str]:
    """A page of each kind that somebody opens first or often."""
    with duckdb.connect(news, read_only=True) as con:
        (article,) = con.sql("select article_id from articles order by revision_count desc, url limit 1").fetchall()[0]
        (person,) = con.sql("select name from persons order by mentions desc, name limit 1").fetchall()[0]
        (source,) = con.sql("select min(source_id) from articles").fetchall()[0]
    return {
        "coverage": "",
        "changes": "changes",
        "voices": "voices",
        "search, no words": "search",
        "search, one article": "search?words=990-0",
        "search, all articles": "search?words=harbour+storm",
        "article": f"article/{article}",
        "person": f"person/{quote(person)}",
        "source": f"source/{source}",
        "runs": "runs",
    }


def measure(chromium: Browser, data: Path) -> dict[str, Any]:
    pages: dict[str, Any] = {}
    peak = 0
    for name, address in addresses(data / "news.duckdb").items():
        port = free_port()
        base = f"http://127.0.0.1:{port}/"
        server = subprocess.Popen(
            [COMMAND, "serve", "--data", data, "--port", str(port)], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
        )
        try:
            _wait_for(base, server)
            before = _cpu_ms(server.pid)
            pages[name] = _look(chromium, base + address)
            pages[name]["server_cpu_ms"] = round((_cpu_ms(server.pid) - before) / VIEWS)
            status = Path(f"/proc/{server.pid}/status").read_text()
            peak = max(peak, int(status.partition("VmHWM:")[2].split()[0]) // 1024)
        finally:
            server.terminate()
            server.wait()
    return {"pages": pages, "server_mb": peak}


def _cpu_ms(pid: int) -> float:
    """User and system time of a process."""
    user, system = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[11:13]
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK") * 1000


def _wait_for(base: str, server: subprocess.Popen[bytes]) -> None:
    """Until the server listens; it has opened no file then."""
    while server.poll() is None:
        try:
            urlopen(f"{base}nothing", timeout=30).close()
        except URLError as exc:
            if getattr(exc, "code", None) == 404:
                return


def _look(chromium: Browser, address: str) -> dict[str, float]:
    paints, kilobytes, heap = [], 0, 0.0
    for _ in range(VIEWS):
        page = chromium.new_page()
        answer = page.goto(address)
        assert answer is not None and answer.status in (200, TOO_MUCH), address
        if answer.status == TOO_MUCH:
            page.close()
            return {"refused": TOO_MUCH}
        kilobytes = len(answer.body()) // 1000
        paints.append(float(page.evaluate(PAINTED)))
        session = page.context.new_cdp_session(page)
        session.send("Performance.enable")
        metrics = {each["name"]: each["value"] for each in session.send("Performance.getMetrics")["metrics"]}
        heap = metrics["JSHeapUsedSize"] / 1e6
        page.close()
    first, *later = paints
    return {"first_ms": round(first), "later_ms": round(min(later)), "html_kb": kilobytes, "heap_mb": round(heap, 1)}


def main(given: list[str]) -> None:
    with browser() as chromium, tempfile.TemporaryDirectory() as folder:
        for each in given or list(map(str, SIZES)):
            data = Path(each)
            if each.isdigit():
                data = Path(folder) / each
                data.mkdir()
                settings = Settings(data=data)
                fill(settings, Path(folder) / "copied", int(each))
                run(settings, "models", "--anew")
                run(settings, "publish")
            print(json.dumps({"ledger": each, **measure(chromium, data)}), flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
