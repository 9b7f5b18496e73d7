"""annotate --explain shows a text with everything found in it and the rules that found it, with and without colour."""

from __future__ import annotations

import io
import re
from pathlib import Path

import pytest
from rich.console import Console

from pipeline.annotate import Annotations, annotate_text
from pipeline.annotate.catalogue import rules_by_id
from pipeline.cli.explain import print_explanation
from tests.worlds.running import newsledger

TEXT = """Landrätin Wiebke Holm (CDU) kam am Montag. „Das Wasser sinkt“, sagte Holm in Brückfeld. Der Damm sei dicht.

Laut Polizei war der Mann „nicht ganz wach“. Holm ging."""


def explained(text: str, found: Annotations | None = None, *, colour: bool = False) -> str:
    file = io.StringIO()
    console = Console(file=file, width=200, force_terminal=colour, color_system="standard" if colour else None)
    print_explanation(console, "a.txt", {None: text}, found or annotate_text(text, language="de"))
    return file.getvalue()


def squeezed(text: str) -> list[str]:
    return [" ".join(line.split()) for line in text.splitlines()]


def test_each_paragraph_is_followed_by_what_was_found_in_it() -> None:
    lines = squeezed(explained(TEXT))
    first = lines.index(
        "Landrätin {Wiebke Holm} ({CDU}) kam am Montag. „[1:Das Wasser sinkt:1]“, sagte {Holm} in {Brückfeld}."
        " [2:Der Damm sei dicht.:2]"
    )
    assert lines[first + 2 : first + 8] == [
        "1 direct verb_speaker .95 Wiebke Holm, as “Holm”; cue “sagte”",
        "2 indirect reported_on .65 Wiebke Holm, as “Holm”; no cue",
        "{ person full_name .90 Wiebke Holm: Landrätin, CDU",
        "{ organisation gazetteer .90 CDU: DE",
        "{ person surname .80 Wiebke Holm",
        "{ place place_phrase .60 Brückfeld",
    ]
    second = lines.index("Laut Polizei [3:war der Mann „[4:nicht ganz wach:4]“:3]. {Holm} ging.")
    assert lines[second + 2] == "3 indirect source_phrase .85 “Polizei”; cue “Laut”"


def test_the_rules_that_were_used_are_explained_at_the_end() -> None:
    shown = explained(TEXT)
    used = {quote.rule for quote in annotate_text(TEXT, language="de").quotes}
    for rule in used:
        assert re.search(rf"^{rule} +{re.escape(rules_by_id()[rule].says)}", shown, re.M)
    assert "said_that" not in shown


def test_colours_change_no_word() -> None:
    coloured = explained(TEXT, colour=True)
    assert "\x1b[" in coloured
    assert re.sub(r"\x1b\[[0-9;]*m", "", coloured) == explained(TEXT)


@pytest.mark.parametrize("evil", ["\x1b[31m", "\x07", "\x9b31m", "\u202e", "\r", "\x00"])
def test_nothing_in_a_text_steers_the_terminal(evil: str) -> None:
    text = f"Es war {evil} kalt.\n„Das {evil}Wasser sinkt“, sagte Karin {evil}Holm."
    for colour in (False, True):
        shown = re.sub(r"\x1b\[[0-9;]*m", "", explained(text, colour=colour))
        assert evil[0] not in shown
        assert "\N{REPLACEMENT CHARACTER}" in shown


@pytest.mark.parametrize("text", ["", "\n\n", "Ja.", "[red]Nein[/red] {so} [1:nicht:1]"])
def test_any_text_is_shown(text: str) -> None:
    assert all(line.strip() in explained(text) for line in text.splitlines())


def test_a_quotation_over_paragraphs_is_marked_in_each() -> None:
    text = "Karin Holm sagte:\n„Wir gehen bald heim.\nNiemand bleibt hier zurück.“"
    assert "„[1:Wir gehen bald heim.:1]" in explained(text)
    assert "[2:Niemand bleibt hier zurück.:2]“" in explained(text)


def test_the_command_explains_files(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text(TEXT, "utf-8")
    done = newsledger("annotate", "--explain", tmp_path / "a.txt")
    assert done.returncode == 0, done.stderr
    assert "„[1:Das Wasser sinkt:1]“" in done.stdout and "verb_speaker" in done.stdout
    assert "\x1b" not in done.stdout
