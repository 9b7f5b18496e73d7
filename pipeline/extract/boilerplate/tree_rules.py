"""Rules for boilerplate that is recognised by its structure and not by its name, as data.

Each rule looks at the elements with its tags and returns the element to remove, if any. Each has an example, a piece of
a page; the tests put it between two paragraphs of prose and check that the rule removes its text.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import msgspec
from lxml.html import HtmlElement

from pipeline.extract.boilerplate.finders import (
    HEADINGS,
    find_caption,
    find_comments,
    find_dialog,
    find_figure,
    find_folding_box,
    find_itself,
    find_labelled_link,
    find_labelled_tags,
    find_link_only,
    find_loose_video,
    find_new_window_note,
    find_next_article,
    find_picture_box,
    find_sign_up,
    find_teaser_article,
)
from pipeline.extract.boilerplate.media_boxes import find_media_box
from pipeline.extract.boilerplate.surroundings import Surroundings

ElementFinder: TypeAlias = Callable[[HtmlElement, Surroundings], HtmlElement | None]

ANY_BOX = frozenset({"div", "section", "form", "aside", "label", "li"})


class TreeRule(msgspec.Struct, frozen=True):
    """One structure of elements that is not part of the article."""

    id: str
    kind: str
    """`figure` and `video_time` are recorded as video or image captions, depending on their text."""
    reason: str
    example: str
    tags: frozenset[str]
    find: ElementFinder
    counts: bool = True
    """True if the removed text counts as the page's prose. The text of another article does not."""
    needs_link: bool = False
    """True if the rule is only about elements that hold a link. It is not tried on others, which saves much time."""


TREE_RULES = (
    TreeRule(
        id="figure",
        kind="figure",
        reason="A picture or video with its caption. (One with a quotation or table was unwrapped before; one that has"
        " more paragraphs of prose than pictures is not a figure.)",
        example="<figure><img src='/d.jpg'><figcaption>Der Deich am Morgen. Foto: Nordpress</figcaption></figure>",
        tags=frozenset({"figure"}),
        find=find_figure,
    ),
    TreeRule(
        id="caption",
        kind="figure",
        reason="A caption whose picture is not in a figure.",
        example="<div><img src='/d.jpg'><figcaption>Der Deich am Morgen<br>Nordpress</figcaption></div>",
        tags=frozenset({"figcaption"}),
        find=find_caption,
    ),
    TreeRule(
        id="picture_box",
        kind="figure",
        reason="A small box with a picture and a line that says whose it is, whatever its name.",
        example="<div><div><img src='/d.jpg'></div><h4>Der Deich am Morgen.</h4><p>Foto: Nordpress</p></div>",
        tags=frozenset({"div", "section", "span", "p", "a", "li", "aside", "header"}),
        find=find_picture_box,
    ),
    TreeRule(
        id="media_box",
        kind="video_caption",
        reason="A player with its caption, or a series of pictures, in a box that is named for it.",
        example="<div class='mediaplayer audio'><h4>Wie ein Deich aussieht</h4><p>26.10.2025 | 4:31 Min.</p></div>",
        tags=frozenset({"div", "section"}),
        find=find_media_box,
    ),
    TreeRule(
        id="comments",
        kind="comments",
        reason="Siblings that each begin with a name and a time are what readers say, whatever their names.",
        example="<div><p>Leserin1 vor 2 Stunden Der Deich war viel zu teuer.</p>"
        "<p>Leserin2 vor 3 Stunden Der Deich hat doch gehalten.</p>"
        "<p>Leserin3 vor 5 Stunden Das sehen wir im Frühjahr.</p></div>",
        tags=frozenset({"div", "section", "ul", "ol"}),
        find=find_comments,
        counts=False,
    ),
    TreeRule(
        id="sign_up",
        kind="newsletter",
        reason="A small box around a field for an e-mail address or a link to a newsletter.",
        example="<div><b>Hafenwache</b><p>Unser Brief am Freitag.</p><label><input type='email'></label></div>",
        tags=ANY_BOX,
        find=find_sign_up,
    ),
    TreeRule(
        id="next_article",
        kind="other_article",
        reason="The next article of an endless page, beside the one with the headline.",
        example="</article><article><h1>Handball: Wiekstadt steigt auf</h1><p>Das Spiel war lange offen.</p>",
        tags=frozenset({"article"}),
        find=find_next_article,
        counts=False,
    ),
    TreeRule(
        id="teaser_article",
        kind="read_also",
        reason="An article element that only announces another article.",
        example="<article><h3><a href='/w'>Brückfeld wählt nach</a></h3><div>Erst im Mai.</div></article>",
        tags=frozenset({"article"}),
        find=find_teaser_article,
        needs_link=True,
    ),
    TreeRule(
        id="folding_box",
        kind="info_box",
        reason="A heading that is a button folds a box beside the article: it is not in the flow of the text.",
        example="<div><h3><button aria-controls='f'>Pegel</button></h3><div id='f'>7,20 Meter.</div></div>",
        tags=HEADINGS,
        find=find_folding_box,
    ),
    TreeRule(
        id="link_only",
        kind="read_also",
        reason="A paragraph, heading or list among the paragraphs that is nothing but links to other pages.",
        example="<p><a href='/andere'>Wer bezahlt die neuen Deiche an der Ruhn?</a></p>",
        tags=HEADINGS | {"p", "ul"},
        find=find_link_only,
        needs_link=True,
    ),
    TreeRule(
        id="labelled_link",
        kind="read_also",
        reason="A label and a link to another page make up the paragraph, in whatever language the label is.",
        example="<p><b>ΔΙΑΒΑΣΤΕ |</b> <a href='/andere'>Wer bezahlt die neuen Deiche</a></p>",
        tags=frozenset({"p"}),
        find=find_labelled_link,
        needs_link=True,
    ),
    TreeRule(
        id="amp_component",
        kind="amp_component",
        reason="A component of AMP that holds the page's frame, or what is shown until something else is loaded.",
        example="<amp-list src='/r.json'><div fallback>Weitere Artikel konnten nicht geladen werden.</div></amp-list>",
        tags=frozenset(
            {
                *("amp-ad", "amp-audio", "amp-embed", "amp-iframe", "amp-img", "amp-list", "amp-next-page"),
                *("amp-sidebar", "amp-social-share", "amp-sticky-ad", "amp-subscriptions-dialog", "amp-video"),
                *("amp-user-notification", "amp-youtube"),
            }
        ),
        find=find_itself,
        counts=False,
    ),
    TreeRule(
        id="labelled_tags",
        kind="tags",
        reason="A list of keywords, as the word before it says.",
        example="<ul><li>Schlagworte: </li><li><a href='/t/ruhn'>Ruhn</a></li><li>Hochwasser</li></ul>",
        tags=frozenset({"ul", "dl", "div"}),
        find=find_labelled_tags,
        needs_link=True,
    ),
    TreeRule(
        id="new_window_note",
        kind="screen_reader",
        reason="Says of a link where it opens, also among the words of a sentence.",
        example="<p><span>(öffnet im neuen Fenster)</span></p>",
        tags=frozenset({"span", "small", "em"}),
        find=find_new_window_note,
    ),
    TreeRule(
        id="loose_video_time",
        kind="video_time",
        reason="The caption of a video outside of a figure.",
        example="<div><p>Das Wasser steigt weiter.</p><small>26.10.2025 | 2:43 min</small></div>",
        tags=frozenset({"small", "span", "p", "div", "time", "em", "li", "dd"}),
        find=find_loose_video,
    ),
)
ASIDE = TreeRule(
    id="aside",
    kind="aside",
    reason="HTML's own element for what stands beside. (One with a short quotation was unwrapped before.)",
    example="<aside><h3>Zahlen</h3><div>7,20 Meter hoch stand die Ruhn.</div></aside>",
    tags=frozenset({"aside"}),
    find=find_itself,
)
DIALOG = TreeRule(
    id="dialog",
    kind="dialog",
    reason="What opens above the page to ask or tell something else, as its role says.",
    example="<div role='dialog'><p>Wir haben ein Angebot für alle, die gern am Wasser leben.</p><b>Nein</b></div>",
    tags=frozenset({"div", "section", "form"}),
    find=find_dialog,
    counts=False,
)
LAST_RULES = (ASIDE, DIALOG)
"""Tried last, so that an aside or dialog whose name says more is recorded under that."""


def _rules_by_tag(rules: tuple[TreeRule, ...]) -> dict[str, tuple[TreeRule, ...]]:
    tags = {tag for rule in rules for tag in rule.tags}
    return {tag: tuple(rule for rule in rules if tag in rule.tags) for tag in tags}


RULES_BY_TAG = _rules_by_tag(TREE_RULES)
LINKLESS_RULES_BY_TAG = _rules_by_tag(tuple(rule for rule in TREE_RULES if not rule.needs_link))
LAST_RULES_BY_TAG = _rules_by_tag(LAST_RULES)
