"""The same pages in other mark-up: what of an extraction depends on names and declarations, not on structure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from hashlib import sha256
from itertools import pairwise

from lxml.html import HtmlElement, HTMLParser, document_fromstring, tostring

from pipeline.extract.page.parsed_page import as_utf8


def without_json_ld(root: HtmlElement) -> None:
    for script in [script for script in root.iter("script") if "json" in (script.get("type") or "")]:
        script.drop_tree()


def without_metas(root: HtmlElement) -> None:
    for meta in list(root.iter("meta")):
        meta.drop_tree()


def with_hashed_names(root: HtmlElement) -> None:
    """Class names say nothing, as in the builds of many frameworks; equal names stay equal."""
    for element in root.iter("*"):
        element.attrib.pop("itemprop", None)
        for name in ("class", "id", "data-testid", "data-component"):
            words = (element.get(name) or "").split()
            if words:
                element.set(name, " ".join("c" + sha256(word.encode()).hexdigest()[:7] for word in words))


def with_wrapped_blocks(root: HtmlElement) -> None:
    for element in list(root.iter("p", "h1", "h2", "h3", "figure", "ul", "blockquote")):
        if element.getparent().tag in {"body", "article", "main", "section", "div"}:
            wrapper = element.makeelement("div")
            wrapper.tail, element.tail = element.tail, None
            element.addprevious(wrapper)
            wrapper.append(element)


def with_divs_for_paragraphs(root: HtmlElement) -> None:
    for paragraph in list(root.iter("p")):
        paragraph.tag = "div"


def without_semantic_elements(root: HtmlElement) -> None:
    for element in list(root.iter("article", "main", "section", "header", "footer", "aside", "figure", "nav")):
        element.tag = "div"


def with_nested_figures(root: HtmlElement) -> None:
    for figure in list(root.iter("figure")):
        figure.insert(0, figure.makeelement("figure"))


def without_white_space(root: HtmlElement) -> None:
    """As minifiers leave it: none between blocks."""
    for block in root.iter("body", "article", "main", "section", "header", "div", "figure", "ul"):
        if block.text and not block.text.strip():
            block.text = None
        for child, following in pairwise(block):
            if (
                child.tail
                and not child.tail.strip()
                and {child.tag, following.tag} <= {"div", "p", "h2", "ul", "figure"}
            ):
                child.tail = None


PERTURBATIONS: Mapping[str, Callable[[HtmlElement], None]] = {
    "no JSON-LD": without_json_ld,
    "no meta elements": without_metas,
    "hashed names": with_hashed_names,
    "wrapped blocks": with_wrapped_blocks,
    "divs for paragraphs": with_divs_for_paragraphs,
    "no semantic elements": without_semantic_elements,
    "nested figures": with_nested_figures,
    "no white space": without_white_space,
}


def perturbed(body: bytes, name: str) -> bytes:
    """The page with this perturbation, in UTF-8."""
    root = document_fromstring(as_utf8(body), parser=HTMLParser(encoding="utf-8"), ensure_head_body=True)
    PERTURBATIONS[name](root)
    return str(tostring(root, encoding="unicode")).encode()
