"""What an article's text says of whom: its language, the quotations in it, and who and what is mentioned.

Pure: text in, values out. `annotate_text` is the way in; `PRODUCER` names the version of its output.
"""

from __future__ import annotations

from collections.abc import Sequence

from pipeline.annotate.annotations import Annotations, Mention, Quote, Span
from pipeline.annotate.grammar.marks import find_segments
from pipeline.annotate.grammar.tokens import read_tokens, view_all
from pipeline.annotate.language import SURE, tell_language
from pipeline.annotate.lexicon import load_lexicon
from pipeline.annotate.people.full_names import read_people
from pipeline.annotate.people.mentions import find_mentions
from pipeline.annotate.quotes import find_marked, find_quotes
from pipeline.events import MentionKind, QuoteKind

__all__ = [
    "PRODUCER",
    "SURE",
    "Annotations",
    "Mention",
    "MentionKind",
    "Quote",
    "QuoteKind",
    "Span",
    "annotate_text",
]

PRODUCER = "annotate@4"


def annotate_text(
    text: str, *, language: str | None = None, title: str | None = None, blocks: Sequence[tuple[int, int]] = ()
) -> Annotations:
    """The quotations and mentions in the text, lines being paragraphs.

    `language` (ISO 639-1) is what the page declares; it decides where the text is too short to tell or detection is
    unsure. `title` is read for names that the text itself only gives as surnames. `blocks` are the character ranges
    that the page sets apart as quotations, in order.
    """
    detected, confidence = tell_language(text, language)
    segments = find_segments(text)
    lexicon = load_lexicon(detected)
    if lexicon is None:
        return Annotations(language=detected, language_confidence=confidence, quotes=find_marked(text, segments))
    words = view_all(read_tokens(text), lexicon)
    people = read_people(words, view_all(read_tokens(title or ""), lexicon), segments)
    mentions, offices = find_mentions(text, words, people)
    return Annotations(
        language=detected,
        language_confidence=confidence,
        quotes=find_quotes(text, words, segments, people, offices, blocks),
        mentions=mentions,
    )
