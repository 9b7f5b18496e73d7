"""learn: what an outlet puts into many articles is its template; what merely recurs in them is not."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec
import pytest

from pipeline.extract import PRODUCER
from pipeline.steps.learn import LEAST_ARTICLES
from tests.worlds.loopback import Answer, WebServer
from tests.worlds.world import World

CHANNEL = "Unsere Redaktion schickt die wichtigsten Nachrichten aus dem Ruhntal abends auf Ihr Telefon."
ORIGIN = "Dieser Beitrag entstand in einer Werkstatt, zu der die Redaktion Schülerinnen eingeladen hatte."
REFRAIN = "Und wieder stand das Wasser bis zur dritten Stufe der alten Kirche."
STEP = "Heizen Sie den Ofen vor und schmelzen Sie inzwischen die Butter mit dem Zucker."
FIGURE = "Unsere Redaktion hat 40 Leser gefragt, ob sie wieder bauen wollen."
SAID = "„Unsere Zeitung gehört Ihnen allen“, sagte die Verlegerin am Abend vor dem Rathaus."
RECURRING = (CHANNEL, ORIGIN, REFRAIN, STEP, FIGURE, SAID)
PLACES = ("Altenruhn", "Ostbrook", "Wiekstadt", "Tannmoor", "Ellern", "Holm", "Seebek", "Moorwarft")


pytestmark = pytest.mark.slow


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with WebServer() as web:
        yield World(tmp_path, web, "bote")


def article(place: str, lines: Sequence[str]) -> Answer:
    own = [
        f"In {place} hat der Deich in der Nacht zum Montag gehalten, obwohl das Wasser so hoch wie lange nicht stand.",
        f"Der Bürgermeister von {place} dankte am Morgen den Helfern, die seit dem Abend Sandsäcke gefüllt hatten.",
        f"Am Nachmittag soll in {place} die Schule wieder öffnen, wenn die Feuerwehr den Keller leer gepumpt hat.",
        f"Die Fähre nach {place} fährt vorerst nicht, weil am Anleger zwei Pfähle vom Treibholz zerschlagen wurden.",
        f"Ein Sprecher des Kreises sagte, für {place} werde noch in dieser Woche ein neuer Messpegel bestellt werden.",
        f"Wer aus {place} Möbel abgeben möchte, kann sie am Sonnabend in der Turnhalle der Grundschule hinstellen.",
    ]
    body = "".join(f"<p>{line}</p>" for line in (*own[:3], *lines, *own[3:]))
    page = (
        f"<html lang=de><head><title>Deich in {place}</title></head><body><main><h1>Deich in {place}</h1>{body}</main>"
    )
    return Answer(page.encode())


def publish(web: WebServer, articles: dict[str, Sequence[str]]) -> None:
    for place, lines in articles.items():
        web.answers[f"/{place}"] = article(place, lines)
    web.feed("/feed.xml", *((f"/{place}", f"Deich in {place}") for place in articles))


def texts(world: World) -> dict[str, str]:
    rows = world.rows("select headline, text from ledger.article_extracted")
    return {row["headline"].removeprefix("Deich in "): row["text"] for row in rows}


def learned(world: World) -> list[str]:
    return [row["text"] for row in world.rows("select text from ledger.template_learned order by position")]


@pytest.mark.parametrize("line", RECURRING)
def test_only_what_speaks_to_the_reader_about_the_outlet_is_learned(world: World, line: str) -> None:
    publish(world.web, {place: [line] for place in PLACES[:LEAST_ARTICLES]})
    world.ingest()
    assert learned(world) == ([line] if line in {CHANNEL, ORIGIN} else [])


def test_a_template_is_stripped_from_then_on(world: World) -> None:
    publish(world.web, {place: [CHANNEL, REFRAIN] for place in PLACES[:LEAST_ARTICLES]})
    first = world.ingest()
    assert first.counts["template_learned"] == 1
    assert all(CHANNEL in text for text in texts(world).values())
    publish(world.web, {place: [CHANNEL, REFRAIN] for place in PLACES[4:6]})
    assert "template_learned" not in world.ingest().counts
    assert {place for place, text in texts(world).items() if CHANNEL not in text} == set(PLACES[4:6])
    assert all(REFRAIN in text for text in texts(world).values())
    stripped = world.rows("select kind, rule, text from ledger.boilerplate_stripped where rule = 'template'")
    assert stripped == [{"kind": "template", "rule": "template", "text": CHANNEL}] * 2


def test_fewer_articles_and_copies_of_one_article_teach_nothing(world: World) -> None:
    publish(world.web, {place: [CHANNEL] for place in PLACES[: LEAST_ARTICLES - 1]})
    world.ingest()
    assert learned(world) == []
    copy = article("Holm", [CHANNEL])
    paths = [f"/copy-{number}" for number in range(LEAST_ARTICLES)]
    world.web.answers |= dict.fromkeys(paths, copy)
    world.web.feed("/feed.xml", *((path, "Deich in Holm") for path in paths))
    world.ingest()
    assert learned(world) == [CHANNEL]  # the copies count as one article with this headline, the fourth


def test_an_article_of_which_much_would_go_keeps_all(world: World) -> None:
    publish(world.web, {place: [CHANNEL, ORIGIN] for place in PLACES[:LEAST_ARTICLES]})
    world.ingest()
    assert len(learned(world)) == 2
    page = (
        f"<html lang=de><body><main><h1>Deich in Moorwarft</h1><p>Er hielt.</p><p>{CHANNEL}</p><p>{ORIGIN}</p></main>"
    )
    world.web.answers["/Moorwarft"] = Answer(page.encode())
    world.web.feed("/feed.xml", ("/Moorwarft", "Deich in Moorwarft"))
    world.ingest()
    assert CHANNEL in texts(world)["Moorwarft"]
    assert ORIGIN in texts(world)["Moorwarft"]


def test_running_again_learns_nothing_new_and_changes_nothing(world: World) -> None:
    publish(world.web, {place: [CHANNEL] for place in PLACES[: LEAST_ARTICLES + 1]})
    world.ingest()
    before = world.rows("select event_id, text, articles from ledger.template_learned")
    assert [row["articles"] for row in before] == [LEAST_ARTICLES + 1]
    assert "template_learned" not in world.ingest().counts
    assert world.rows("select event_id, text, articles from ledger.template_learned") == before
    evidence = world.rows(
        "select e.producer, t.article_ids, t.stream from ledger.template_learned as t"
        " join ledger.article_extracted as e on e.event_id = t.caused_by"
    )
    assert [(row["producer"], len(row["article_ids"]), row["stream"]) for row in evidence] == [
        (PRODUCER, LEAST_ARTICLES, "templates:bote")
    ]
    assert world.verify().findings == ()


def test_another_outlet_keeps_the_paragraph(world: World) -> None:
    publish(world.web, {place: [CHANNEL] for place in PLACES[:LEAST_ARTICLES]})
    world.ingest()
    world.source = msgspec.structs.replace(world.source, id="anzeiger")
    publish(world.web, {"Seebek": [CHANNEL]})
    world.ingest()
    assert CHANNEL in texts(world)["Seebek"]
