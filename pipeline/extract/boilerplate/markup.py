"""Rewrite mark-up from which the extraction would lose words, or put them in the wrong place."""

from __future__ import annotations

import re

from lxml.html import HtmlElement

from pipeline.extract.page.region import name_attributes
from pipeline.extract.page.text import normal, raw_text, spaced_text, visible_text

MAX_FIGURE_CHARS = 3_000
"""A figure with more text than this holds more than a caption; it was probably never closed."""
MAX_ASIDE_QUOTATION_CHARS = 600
"""A quotation in an aside with at most this much text is a pull quote of the article."""

_MAX_SPEAKER_CHARS = 140
_SPEAKER_NAMES = re.compile(r"author|autor|source|speaker|attribution|credential|cite|caption|byline", re.IGNORECASE)
_DASHED = re.compile(r"^\s*[–—]\s*\w")
"""`— Anke Tamsen`: how block quotations and embedded posts name their speaker."""
_QUOTATION_NAMES = re.compile(r"quot(?:e|ation)|zitat|citation", re.IGNORECASE)
_QUOTED = re.compile(r"^\s*[„“«»\"‚‘]\w")
_MEDIA = ("img", "picture", "video", "audio", "amp-img", "amp-video", "table")
_SPACED_COMMA = re.compile(r"(?:\s*,)+(?=\s)")
_DECORATION = re.compile(r"^[\s„“”\"'«»‚‘’›‹❝❞]+$")


def prepare(body: HtmlElement) -> None:
    """Rewrite quotations, times, and figures that hold more than a picture. The body is changed in place."""
    for figure in list(body.iter("figure")):
        _mark_quotation(figure)
    for element in list(body.iter("q")):  # browsers show quotation marks around `<q>` that are not in the text
        element.text = f'"{element.text or ""}'
        if len(element):
            element[-1].tail = f'{element[-1].tail or ""}"'
        else:
            element.text += '"'
        element.drop_tag()
    for figure in list(body.iter("figure")):
        if figure.find(".//blockquote") is not None or figure.find(".//table") is not None:
            _unwrap_figure(figure)
        elif len(raw_text(figure)) > MAX_FIGURE_CHARS:
            figure.tag = "div"  # it was never closed
    for aside in list(body.iter("aside")):
        if aside.find(".//blockquote") is not None and len(visible_text(aside)) <= MAX_ASIDE_QUOTATION_CHARS:
            aside.tag = "div"
            for footer in list(aside.iter("footer")):
                footer.tag = "p"
    for quotation in list(body.iter("blockquote")):
        _release_attribution(quotation)


def _mark_quotation(figure: HtmlElement) -> None:
    """Put a blockquote around a quotation without one, as in `<figure><q>Words</q><figcaption>Speaker</figcaption>`."""
    if figure.find(".//blockquote") is not None or next(figure.iter(*_MEDIA), None) is not None:
        return
    words = next((child for child in figure.iterchildren("p", "div", "q", "span") if raw_text(child).strip()), None)
    if words is None:
        return
    is_marked = words.find(".//q") is not None or words.tag == "q" or _QUOTED.match(raw_text(words))
    if is_marked or _QUOTATION_NAMES.search(name_attributes(figure)):
        quotation = figure.makeelement("blockquote")
        words.addprevious(quotation)
        quotation.append(words)


def _unwrap_figure(figure: HtmlElement) -> None:
    """Keep the quotation or table of a figure. Its caption, often the speaker, becomes the paragraph after it."""
    for nested in list(figure.iter("figure")):
        nested.tag = "div"
    for caption in list(figure.iter("figcaption")):
        caption.tag = "div" if caption.find(".//p") is not None else "p"


def _release_attribution(quotation: HtmlElement) -> None:
    """Move a speaker out of the quotation into the paragraph after it; remove quotation marks that are elements."""
    for element in list(quotation.iterdescendants("span", "p", "div")):
        if len(element) == 0 and element.text and _DECORATION.match(element.text):
            drop(element)
    _part_dashed_speaker(quotation)
    at = quotation
    for element in list(quotation.iterdescendants("cite", "footer", "figcaption")) or _named_for_speaker(quotation):
        speaker = visible_text(element)
        if speaker and speaker != visible_text(quotation):
            drop(element)
            _set_line(element)
            at.addnext(element)
            at = element


def _part_dashed_speaker(quotation: HtmlElement) -> None:
    """Put the text after the words into a footer: embedded posts look like `<p>Words</p>— Speaker <a>date</a>`."""
    words = next((words for words in quotation.iterchildren("p") if _DASHED.match(words.tail or "")), None)
    if words is None:
        return
    footer = quotation.makeelement("footer")
    footer.text, words.tail = words.tail, None
    footer.extend(list(words.itersiblings()))
    quotation.append(footer)


def _named_for_speaker(quotation: HtmlElement) -> list[HtmlElement]:
    """The last element of a quotation, if its name or a dash says that it is the speaker."""
    if quotation.find(".//blockquote") is not None:
        return []
    whole = visible_text(quotation)
    for element in quotation.iterdescendants("div", "p", "span", "small"):
        text = visible_text(element)
        is_end = text and text != whole and len(text) <= _MAX_SPEAKER_CHARS and whole.endswith(text)
        if is_end and (_SPEAKER_NAMES.search(name_attributes(element)) or _DASHED.match(text)):
            return [element]
    return []


def _set_line(element: HtmlElement) -> None:
    """Make one line of the element: `<p>Anke Tamsen</p><p>Bürgermeisterin</p>` ▶ `Anke Tamsen, Bürgermeisterin`."""
    line = spaced_text(element)
    boxes = [box for box in element.iter("div", "p") if box.find(".//div") is None and box.find(".//p") is None]
    parts = [part for part in map(spaced_text, boxes) if part]
    if len(parts) > 1 and normal(" ".join(parts)) == normal(line):
        line = ", ".join(parts)
    tail = element.tail
    element.clear()
    element.tag, element.text, element.tail = "p", _SPACED_COMMA.sub(",", line), tail


def drop(element: HtmlElement) -> None:
    if element.getparent() is not None:
        element.drop_tree()
