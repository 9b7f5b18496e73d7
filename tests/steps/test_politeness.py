"""Politeness as the servers see it: how many requests at once, how soon one after another, and each page once."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from time import monotonic
from typing import NamedTuple

import pytest

from pipeline.collect.http.hosts import CONNECTIONS
from pipeline.ledger import start_run
from pipeline.sources import Source
from pipeline.steps.collect import collect
from pipeline.steps.run.stores import StepResult, Stores
from tests.worlds.ledgers import environment_of, settings_at
from tests.worlds.loopback import Answer, WebServer
from tests.worlds.running import newsledger_process

pytestmark = pytest.mark.slow

JITTER_SECONDS = 0.25
"""Maximum delay with which a busy machine notices a request."""
PAGES = 40


class Visit(NamedTuple):
    path: str
    began_at: float
    """Monotonic, in seconds, as is the next."""
    ended_at: float


class Host:
    """A web server under a name of its own that takes its time, and notes who was there when."""

    def __init__(self, name: str, web: WebServer, pages: int = PAGES) -> None:
        self.name = name
        self.web = web
        self.base = web.base = web.base.replace("127.0.0.1", f"{name}.localhost")
        self.paths = [f"/{number}" for number in range(pages)]
        self.visits: list[Visit] = []
        self._never = threading.Event()
        web.feed("/feed.xml", *((path, f"Story {path}") for path in self.paths))
        web.answers["/robots.txt"] = Answer(b"User-agent: *\nAllow: /\n", content_type="text/plain")
        for path in self.paths:
            web.page(path, f"Story {path}", "The ferry was late.")

    def takes(self, seconds: float) -> None:
        """For each answer."""
        for path in list(self.web.answers):
            self.web.decides[path] = self._slowly(path, seconds)

    def _slowly(self, path: str, seconds: float) -> Callable[[Mapping[str, str]], Answer]:
        def decide(_: Mapping[str, str]) -> Answer:
            began_at = monotonic()
            answer = self.web.answers[path]
            self._never.wait(seconds)
            self.visits.append(Visit(path, began_at, monotonic()))
            return answer

        return decide

    def refuses_once(self, path: str) -> None:
        """With 429, the first time."""
        answers = iter((Answer(b"busy", status=429), self.web.answers[path]))
        decide = self.web.decides[path]

        def decide_anew(headers: Mapping[str, str]) -> Answer:
            decide(headers)
            return next(answers)

        self.web.decides[path] = decide_anew

    def source(self, requests_per_second: float) -> Source:
        return Source(
            id=self.name,
            name=self.name,
            language="en",
            country="GB",
            homepage=f"{self.base}/",
            feeds=(f"{self.base}/feed.xml",),
            requests_per_second=requests_per_second,
        )

    @property
    def in_order(self) -> list[Visit]:
        return sorted(self.visits, key=lambda visit: visit.began_at)

    @property
    def asked_once(self) -> bool:
        return [self.web.asked[path] for path in self.paths] == [1] * len(self.paths)


@pytest.fixture
def webs() -> Iterator[tuple[WebServer, WebServer]]:
    with WebServer() as first, WebServer() as second:
        yield first, second


def run(folder: Path, *sources: Source) -> StepResult:
    settings = settings_at(folder / "data", allow_hosts=(".localhost",), jobs=1)
    with Stores(settings, start_run()) as stores:
        return collect(stores, sources)


def assert_apart(visits: Sequence[Visit], seconds: float) -> None:
    """In no window more requests than one every so many seconds, and one besides."""
    for first, visit in enumerate(visits):
        for number, later in enumerate(visits[first + 1 :], start=1):
            assert later.began_at - visit.began_at >= number * seconds - JITTER_SECONDS, (visit, later, number)


def at_once(visits: Sequence[Visit]) -> int:
    """The most that were there at the same time."""
    return max(sum(other.began_at <= visit.began_at < other.ended_at for other in visits) for visit in visits)


def test_each_host_is_asked_within_its_budget(tmp_path: Path, webs: tuple[WebServer, WebServer]) -> None:
    """The slow one is limited by the requests at once, the quick one by those a second; neither by the other."""
    slow, quick = hosts = Host("slow", webs[0]), Host("quick", webs[1])
    slow.takes(0.3)
    quick.takes(0)
    assert run(tmp_path, slow.source(20), quick.source(20)).count("article_captured") == 2 * PAGES
    for host in hosts:
        assert len(host.visits) == PAGES + 2
        assert host.asked_once
        assert_apart(host.in_order, 1 / 20)
    assert at_once(slow.visits) == CONNECTIONS
    assert quick.in_order[-1].began_at < slow.in_order[-1].began_at


def test_a_crawl_delay_is_kept(tmp_path: Path, webs: tuple[WebServer, WebServer]) -> None:
    host = Host("patient", webs[0], pages=4)
    host.web.answers["/robots.txt"] = Answer(b"User-agent: *\nCrawl-delay: 0.5\n", content_type="text/plain")
    host.takes(0)
    run(tmp_path, host.source(20))
    robots, *rest = host.in_order
    assert robots.path == "/robots.txt"
    assert len(rest) == 5
    assert_apart(rest, 0.5)


def test_an_overloaded_host_is_asked_half_as_often_and_for_one_thing_at_a_time(
    tmp_path: Path, webs: tuple[WebServer, WebServer]
) -> None:
    """The quick one shows how often, the slow one how many at once; later both are asked as before."""
    slow, quick = hosts = Host("slow", webs[0], pages=20), Host("quick", webs[1], pages=20)
    slow.takes(0.5)
    quick.takes(0)
    for host in hosts:
        host.refuses_once("/3")
    assert run(tmp_path, slow.source(10), quick.source(10)).count("article_captured") == 40
    for host in hosts:
        refused_at = next(visit.ended_at for visit in host.in_order if visit.path == "/3")
        after = [visit for visit in host.in_order if visit.began_at > refused_at]
        assert_apart(after[:6], 2 / 10)
        assert at_once(after[:6]) == 1
        assert host.web.asked["/3"] == 2
    assert at_once(slow.visits[-8:]) == CONNECTIONS


def test_two_processes_at_once_are_no_more_than_one(tmp_path: Path, webs: tuple[WebServer, WebServer]) -> None:
    hosts = Host("alpha", webs[0]), Host("beta", webs[1])
    for host in hosts:
        host.takes(0.1)
    sources = tmp_path / "sources.toml"
    sources.write_text(
        "".join(
            f"[[source]]\nid = '{host.name}'\nname = 'Post'\nlanguage = 'en'\ncountry = 'GB'\n"
            f"homepage = '{host.base}/'\nfeeds = ['{host.base}/feed.xml']\nrequests_per_second = 20\n"
            for host in hosts
        )
    )
    environment = {
        "NEWSLEDGER_ALLOW_HOSTS": ".localhost",
        **environment_of(tmp_path / "data"),
        "NEWSLEDGER_SOURCES": str(sources),
    }

    def poll(first: str, second: str) -> int:
        return newsledger_process("poll", "--source", first, "--source", second, env=environment).returncode

    with ThreadPoolExecutor(2) as processes:
        assert list(processes.map(poll, ("alpha", "beta"), ("beta", "alpha"))) == [0, 0]
    for host in hosts:
        assert host.asked_once
        assert (host.web.asked["/robots.txt"], host.web.asked["/feed.xml"]) == (1, 2)
        assert at_once(host.visits) <= CONNECTIONS
        assert_apart(host.in_order, 1 / 20)


def test_concurrent_runs_share_the_budget_of_a_foreign_host(tmp_path: Path, webs: tuple[WebServer, WebServer]) -> None:
    """Two sources whose feeds name pages of a third host, half of them by way of redirects, a process each."""
    pages = Host("pages", webs[0])
    pages.takes(0.3)
    web = webs[1]
    feeds = web.base
    web.base = feeds.replace("127.0.0.1", "links.localhost")
    for name, paths in (("alpha", pages.paths[::2]), ("beta", pages.paths[1::2])):
        for path in paths[::2]:
            web.answers[f"/{name}{path}"] = Answer(status=302, headers={"Location": f"{pages.base}{path}"})
        links = [f"{pages.base}{path}" if n % 2 else f"/{name}{path}" for n, path in enumerate(paths)]
        web.feed(f"/{name}.xml", *((link, f"Story {link}") for link in links))
    sources = tmp_path / "sources.toml"
    sources.write_text(
        "".join(
            f"[[source]]\nid = '{name}'\nname = 'Post'\nlanguage = 'en'\ncountry = 'GB'\n"
            f"homepage = '{feeds.replace('127.0.0.1', f'{name}.localhost')}/'\n"
            f"feeds = ['{feeds.replace('127.0.0.1', f'{name}.localhost')}/{name}.xml']\n"
            for name in ("alpha", "beta")
        )
    )
    environment = {
        "NEWSLEDGER_ALLOW_HOSTS": ".localhost",
        **environment_of(tmp_path / "data"),
        "NEWSLEDGER_SOURCES": str(sources),
    }
    with ThreadPoolExecutor(2) as processes:
        runs = processes.map(
            lambda name: newsledger_process("poll", "--source", name, env=environment), ("alpha", "beta")
        )
        for run in runs:
            assert run.returncode == 0, run.stdout + run.stderr
    assert pages.asked_once
    assert at_once(pages.visits) == CONNECTIONS, "all that there are, and no more"


def test_the_host_that_a_redirect_leads_to_is_left_alone_also_by_the_next_run(
    tmp_path: Path, webs: tuple[WebServer, WebServer]
) -> None:
    own, third = Host("own", webs[0], pages=1), Host("third", webs[1], pages=0)
    webs[0].answers["/0"] = Answer(status=302, headers={"Location": f"{third.base}/elsewhere"})
    webs[1].answers["/elsewhere"] = Answer(status=429, headers={"Retry-After": "3600"})
    assert run(tmp_path, own.source(20)).count("capture_failed") == 1
    webs[0].feed("/feed.xml", (f"{third.base}/new", "New"))
    result = run(tmp_path, own.source(20))
    assert result.count("item_discovered") == 1
    assert "third.localhost" in result.notices[0]
    assert webs[1].asked == {"/robots.txt": 1, "/elsewhere": 1}


def test_a_hosts_own_limit_holds_whichever_source_leads_to_it(
    tmp_path: Path, webs: tuple[WebServer, WebServer]
) -> None:
    careful, other = Host("careful", webs[0], pages=4), Host("other", webs[1], pages=0)
    careful.takes(0)
    webs[1].feed("/feed.xml", *((f"{careful.base}{path}", f"Story {path}") for path in careful.paths))
    settings = settings_at(tmp_path / "data", allow_hosts=(".localhost",), jobs=1)
    with Stores(settings, start_run()) as stores:
        collect(stores, [other.source(50)], roster=[careful.source(2), other.source(50)])
    assert careful.asked_once
    assert_apart(careful.in_order, 1 / 2)
