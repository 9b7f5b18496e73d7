"""The annotation of a text: its language, the quotations in it, and who and what it mentions.

Everything here is pure: text in, values out. `annotate_text` is the entry point; start there. `language` detects the
language, and `lexicon` has the words of the languages that have rules. `article_parts` makes one text of headline, lead
and text. `grammar` cuts it into tokens and sentences, `people` finds the mentions, `direct` and `indirect` find the
quotations, `speakers` finds out who their speakers are, and `quotes` puts these together. `basic_languages` does all of
this for languages of which only the commonest words are known. `rules` says what a rule is,
and `catalogue` lists all of them. `annotators` loads other annotators, such as the models in `adapters`. `PRODUCER`
names the version of the output.
"""

from __future__ import annotations

from collections.abc import Sequence

from pipeline.annotate.annotations import Annotations, Mention, Quote, Span
from pipeline.annotate.article_parts import compose
from pipeline.annotate.basic_languages import annotate_basic
from pipeline.annotate.grammar.marked_names import without_nicknames
from pipeline.annotate.grammar.marks import find_segments
from pipeline.annotate.grammar.tokens import read_tokens, view_all
from pipeline.annotate.language import SURE, text_language
from pipeline.annotate.lexicon import load_lexicon
from pipeline.annotate.people.full_names import read_people
from pipeline.annotate.people.mentions import find_mentions
from pipeline.annotate.quotes import find_quotes
from pipeline.events import MentionKind, QuoteKind

__all__ = ["PRODUCER", "SURE", "Annotations", "Mention", "MentionKind", "Quote", "QuoteKind", "Span", "annotate_text"]

PRODUCER = "annotate@14"


def annotate_text(
    text: str,
    *,
    language: str | None = None,
    title: str | None = None,
    lead: str | None = None,
    blocks: Sequence[tuple[int, int]] = (),
) -> Annotations:
    """The quotations and mentions in the text, and in its headline and lead. Each line of the text is a paragraph.

    `language` (ISO 639-1) is what the page declares. It counts if the text is too short for detection, or detection
    is not sure. People whom headline or lead introduce are known in the text. `blocks` are the character ranges of the
    text that the page sets apart as quotations, in order.
    """
    detected, confidence = text_language(text or lead or title or "", language)
    article = compose(text, title, lead)
    whole = article.whole
    segments = [
        segment.shifted(begin)
        for begin, end in article.ranges  # marks are paired within a part
        for segment in find_segments(whole[begin:end])
    ]
    lexicon = load_lexicon(detected)
    if lexicon is None:
        quotes, mentions = annotate_basic(whole, segments, detected)
        return article.split(
            Annotations(language=detected, language_confidence=confidence, quotes=quotes, mentions=mentions)
        )
    tokens, segments = without_nicknames(whole, read_tokens(whole), segments, lexicon)
    words = view_all(tokens, lexicon)
    people = read_people(words, view_all(read_tokens(article.unread_title), lexicon), segments)
    mentions, offices = find_mentions(whole, words, people)
    quotes = find_quotes(whole, words, segments, people, offices, article.shifted(blocks))
    return article.split(
        Annotations(language=detected, language_confidence=confidence, quotes=quotes, mentions=mentions)
    )
