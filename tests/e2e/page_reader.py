"""Somebody who reads newsledger's pages in a browser, wherever they are: files, the server, Airflow."""

from __future__ import annotations

from urllib.parse import urldefrag

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import ConsoleMessage, Frame, Page, Route

from pipeline.pages.page_kinds import KINDS

PHONE, DESK = (360, 740), (1440, 900)
COLOURED = {"runOnly": ["color-contrast", "link-in-text-block"]}
"""The rules of axe-core that depend on colours."""
PAINTED = {"runOnly": [*COLOURED["runOnly"], "scrollable-region-focusable", "target-size"]}
"""Those that depend on size and colours."""


def resize(page: Page, size: tuple[int, int]) -> None:
    page.set_viewport_size({"width": size[0], "height": size[1]})


def fits(frame: Page | Frame) -> bool:
    """True if nothing of the document, and no table on a phone, is wider than what shows it."""
    excess = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    cut = "all => innerWidth >= 640 ? 0 : all.filter(each => each.scrollWidth > each.clientWidth).length"
    return (frame.evaluate(excess), frame.eval_on_selector_all(".scroll:not(:has(.map))", cut)) == (0, 0)


def judge(frame: Page | Frame, options: dict[str, list[str]]) -> None:
    """axe-core finds nothing, also nothing that it calls moderate or minor."""
    found = Axe().run(frame, options={"resultTypes": ["violations"], **options}).response["violations"]
    assert [(each["id"], each["nodes"][0]["html"]) for each in found] == [], frame.url


class Reader:
    """Somebody who looks at pages. What goes wrong meanwhile is kept in `wrong`."""

    def __init__(self, page: Page, first: str) -> None:
        """`first` is the address of the first page."""
        self.page = page
        self.first = first
        self.inside = first.rpartition("/")[0]
        self.wrong: list[str] = []
        self.page.on("console", self._listen)
        self.page.on("pageerror", lambda error: self.wrong.append(str(error)))
        self.page.route("**/*", self._block_outside)

    def _listen(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.wrong.append(message.text)

    def _block_outside(self, route: Route) -> None:
        if route.request.url.startswith(self.inside):
            route.continue_()
        else:
            self.wrong.append(f"requested {route.request.url}")
            route.abort()

    def one_of_each_kind(self) -> dict[str, str]:
        """The address of a page of each kind, found by following links from the first page."""
        found, waiting = dict[str, str](), {"coverage": self.first}
        while waiting:
            kind, address = waiting.popitem()
            found[kind] = address
            self.page.goto(address)
            assert self.page.locator("body").get_attribute("data-page") == kind
            links = self.page.eval_on_selector_all("main a, nav a", "all => all.map(a => a.href)")
            for link in sorted({urldefrag(link).url for link in links if link.startswith(self.inside)}):
                name = link.removeprefix(self.inside).split("/")[1].removesuffix(".html")
                if name in {*KINDS, "record"} - found.keys():
                    waiting[name] = link
        return found
