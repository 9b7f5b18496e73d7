"""The pictures of newsledger's pages in the documentation, by Debian's Chromium.

`python -m tests.pictures.pages DATA` takes them from what `newsledger demo --data DATA` left, into `docs/pictures`.
"""

from __future__ import annotations

import sys
from pathlib import Path

import duckdb
from playwright.sync_api import ViewportSize

from pipeline.settings import PROJECT_ROOT
from tests.e2e.airflow_ui import browser
from tests.pages.serving import served

SIZE = ViewportSize(width=1200, height=800)


def take(data: Path, folder: Path) -> None:
    with duckdb.connect(data / "news.duckdb", read_only=True) as con:
        ((article,),) = con.sql("select article_id from search('gipfel einigung kosten') limit 1").fetchall()
    addresses = {
        "coverage": "",
        "search": "search?words=deich",
        "changes": "changes",
        "article": f"article/{article}",
        "revisions": f"article/{article}#revisions",
    }
    with served(data) as server, browser() as chromium:
        for name, address in addresses.items():
            page = chromium.new_page(viewport=SIZE, locale="en-GB", timezone_id="UTC")
            page.emulate_media(color_scheme="dark" if name == "revisions" else "light")
            page.goto(f"{server.base}/{address}")
            page.screenshot(path=folder / f"page-{name}.png")


if __name__ == "__main__":
    take(Path(sys.argv[1]), PROJECT_ROOT / "docs" / "pictures")
