"""Mark-up that would lose words, or put them in the wrong place, on the way to text: rewritten before extraction."""

from __future__ import annotations

import re

from lxml.html import HtmlElement

from pipeline.extract.region import PROSE_CHARS
from pipeline.extract.text import raw_text, visible_text

MAX_FIGURE_CHARS = 3_000
"""A figure with more text than this holds more than a caption."""
MAX_ASIDE_QUOTATION_CHARS = 600
"""A quotation in an aside with no more text than this is the article's pull quote."""

_DECORATION = re.compile(r"^[\s„“”\"'«»‚‘’›‹❝❞]+$")


def prepare(body: HtmlElement) -> None:
    """Mark-up that would lose words on the way: quotations, times, and figures that hold more than a picture."""
    for element in list(body.iter("q")):  # `<q>` shows quotation marks that are not in the text
        element.text = f'"{element.text or ""}'
        if len(element):
            element[-1].tail = f'{element[-1].tail or ""}"'
        else:
            element.text += '"'
        element.drop_tag()
    for element in list(body.iter("time")):  # trafilatura drops it, also in the middle of a sentence
        parent = element.getparent()
        if parent is not None and parent.tag == "p" and len(visible_text(parent)) > PROSE_CHARS:
            element.drop_tag()
    for figure in list(body.iter("figure")):
        if figure.find(".//blockquote") is not None or figure.find(".//table") is not None:
            _unwrap_figure(figure)
        elif len(raw_text(figure)) > MAX_FIGURE_CHARS:
            figure.tag = "div"  # one that was never closed
    for aside in list(body.iter("aside")):
        if aside.find(".//blockquote") is not None and len(visible_text(aside)) <= MAX_ASIDE_QUOTATION_CHARS:
            aside.tag = "div"
            for footer in list(aside.iter("footer")):
                footer.tag = "p"
    for quotation in list(body.iter("blockquote")):
        _release_attribution(quotation)


def _unwrap_figure(figure: HtmlElement) -> None:
    """The quotation or table stays. Its caption says who is quoted, and reads as the paragraph after the quotation."""
    for nested in list(figure.iter("figure")):
        nested.tag = "div"
    for caption in list(figure.iter("figcaption")):
        caption.tag = "div" if caption.find(".//p") is not None else "p"


def _release_attribution(quotation: HtmlElement) -> None:
    """A speaker inside the quotation element becomes the paragraph after it; quotation marks drawn as elements go."""
    for element in list(quotation.iterdescendants("span", "p", "div")):
        if len(element) == 0 and element.text and _DECORATION.match(element.text):
            drop(element)
    at = quotation
    for element in list(quotation.iterdescendants("cite", "footer", "figcaption")):
        speaker = visible_text(element)
        if speaker and speaker != visible_text(quotation):
            drop(element)
            element.tag = "p"
            element.tail = None
            at.addnext(element)
            at = element


def drop(element: HtmlElement) -> None:
    if element.getparent() is not None:
        element.drop_tree()
