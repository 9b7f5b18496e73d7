"""The articles of the sample outlets as data, with the quotes that an annotation should find in them."""

from __future__ import annotations

import tomllib
from datetime import time
from enum import StrEnum
from pathlib import Path

import msgspec

from pipeline.events import Access

ARTICLES = Path(__file__).parent / "articles"


class Form(StrEnum):
    """How a page is built: one text, or entries with the newest first."""

    ARTICLE = "article"
    LIVEBLOG = "liveblog"


class _Data(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Base of all parts of an article file; unknown keys are errors."""


class Paragraph(_Data, frozen=True, tag_field="kind", tag="paragraph"):
    """Running text."""

    text: str


class Subheading(_Data, frozen=True, tag_field="kind", tag="subheading"):
    """A heading between paragraphs."""

    text: str


class Quotation(_Data, frozen=True, tag_field="kind", tag="quotation"):
    """A quote in a block of its own, without quotation marks."""

    text: str
    speaker: str  # as the page names the speaker: "Ada Beispiel, Deichgräfin"


class Listing(_Data, frozen=True, tag_field="kind", tag="list"):
    """A bulleted list."""

    items: tuple[str, ...]

    @property
    def text(self) -> str:
        """The items, one a line."""
        return "\n".join(self.items)


class Table(_Data, frozen=True, tag_field="kind", tag="table"):
    """A table with a row of column names."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]

    @property
    def text(self) -> str:
        """The rows, one a line, cells separated by spaces."""
        return "\n".join(" ".join(cells) for cells in (self.columns, *self.rows))


class Correction(_Data, frozen=True, tag_field="kind", tag="correction"):
    """A notice that the text was corrected."""

    text: str


class SampleVideo(_Data, frozen=True, tag_field="kind", tag="video"):
    """An embedded video with its caption."""

    teaser: str
    day: int  # 1 is the first simulated day; 0 and below lie before it
    duration: str  # "2:43", minutes and seconds


class SampleAudio(_Data, frozen=True, tag_field="kind", tag="audio"):
    """An embedded sound with its caption."""

    teaser: str
    day: int
    duration: str


class SamplePictures(_Data, frozen=True, tag_field="kind", tag="pictures"):
    """A series of pictures with its caption."""

    teaser: str
    day: int
    count: int


class Image(_Data, frozen=True, tag_field="kind", tag="image"):
    """A picture with its caption."""

    text: str
    credit: str


class LiveblogPointer(_Data, frozen=True, tag_field="kind", tag="liveblog_pointer"):
    """A sentence that points to a liveblog, and the box with the link."""

    text: str
    target: str  # slug of the liveblog


class Bio(_Data, frozen=True, tag_field="kind", tag="bio"):
    """A box about a person, collapsed until it is clicked."""

    name: str
    text: str
    credit: str


class Newsletter(_Data, frozen=True, tag_field="kind", tag="newsletter"):
    """An invitation to subscribe, in the middle of the text."""

    text: str


class Related(_Data, frozen=True, tag_field="kind", tag="related"):
    """A link to another article of the outlet, in the middle of the text."""

    text: str  # the words before the link: "Lesen Sie auch:"
    target: str  # slug


Prose = Paragraph | Subheading | Quotation | Listing | Table | Correction
Furniture = SampleVideo | SampleAudio | SamplePictures | Image | LiveblogPointer | Bio | Newsletter | Related
SampleBlock = Prose | Furniture


class GoldQuote(_Data, frozen=True):
    """One quote that an annotation of the article should find.

    Names, titles and terms of one or two words in quotation marks are not quotes. A quote that a heading or caption
    repeats is listed once.
    """

    text: str  # verbatim from the body, without its marks and without the English comma before the closing mark
    speaker: str  # the full name as the article gives it; "" if it names nobody
    kind: str = "direct"


class Replacement(_Data, frozen=True):
    """A replacement of words that occur exactly once in the body."""

    old: str
    new: str


class Version(_Data, frozen=True):
    """A later change to a published article."""

    day: int
    time: time
    headline: str = ""  # "" keeps the headline
    replace: tuple[Replacement, ...] = ()
    prepend: tuple[SampleBlock, ...] = ()  # new entries of a liveblog
    correction: str = ""  # notice set below the text; "{date}" stands for the day of the version


class Gone(_Data, frozen=True):
    """When the page is taken down, and the status that the server then sends."""

    day: int
    time: time
    status: int  # 404 or 410


class Article(_Data, frozen=True):
    """An article as first published, its later versions, and the quotes to be found in it."""

    outlet: str
    slug: str
    day: int  # 1 is the first simulated day
    time: time  # wall time of the outlet
    kicker: str
    headline: str
    lead: str
    section: str
    body: tuple[SampleBlock, ...]
    authors: tuple[str, ...] = ()
    agency: str = ""
    story: str = ""  # the same for all coverage of one event, across outlets and languages
    wire: str = ""  # the same for all prints of one agency text
    form: Form = Form.ARTICLE
    access: Access = Access.OPEN
    quotes: tuple[GoldQuote, ...] = msgspec.field(default=(), name="quote")
    versions: tuple[Version, ...] = msgspec.field(default=(), name="version")
    gone: Gone | None = None

    @property
    def text(self) -> str:
        """The body text that an extraction should return: prose blocks in reading order, separated by blank lines."""
        return "\n\n".join(block.text for block in self.body if isinstance(block, Prose))


def load_articles(folder: Path = ARTICLES) -> tuple[Article, ...]:
    """Read every `<outlet>/<slug>.toml` below the folder, by outlet and time of publication.

    A file that does not fit the types raises `msgspec.ValidationError` with the path in its notes.
    """
    articles = [_load_article(path) for path in folder.glob("*/*.toml")]
    return tuple(sorted(articles, key=lambda article: (article.outlet, article.day, article.time, article.slug)))


def _load_article(path: Path) -> Article:
    fields = tomllib.loads(path.read_text(encoding="utf-8"))
    place = {"outlet": path.parent.name, "slug": path.stem}
    try:
        return msgspec.convert(place | fields, Article)
    except msgspec.ValidationError as exc:
        exc.add_note(str(path))
        raise
