"""`annotate --explain`: a text with its quotations and mentions marked, and the rule that found each.

    [1:Das Wasser sinkt:1], sagte Landrätin {Wiebke Holm} am Abend in {Brückfeld}.

      1  direct        verb_speaker         .95  Wiebke Holm, as “Landrätin Wiebke Holm”; cue “sagte”
      {  person        full_name            .90  Wiebke Holm: Landrätin
      {  place         place_phrase         .60  Brückfeld

The brackets carry the same information as the colours. Control characters are shown as the replacement character.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from rich.console import Console
from rich.text import Text

from pipeline.annotate import Annotations, Mention, MentionKind, Quote, QuoteKind, Span
from pipeline.annotate.catalogue import rules_by_id
from pipeline.display import printable
from pipeline.events import ArticlePart

QUOTE_STYLES = {QuoteKind.DIRECT: "bold green", QuoteKind.INDIRECT: "green"}
MENTION_STYLES = {MentionKind.PERSON: "magenta", MentionKind.ORGANISATION: "yellow", MentionKind.PLACE: "cyan"}
_SPEAKER, _CUE, _MARK = "bold", "underline", "dim"
_RULE_CHARS = 19
"""Column width: the length of the longest rule name."""


def print_explanation(console: Console, name: str, parts: Mapping[ArticlePart | None, str], found: Annotations) -> None:
    """Print the parts with their quotations and mentions marked, then the rules that found them. None is the text."""
    language = f"{found.language or 'unknown'} {_short(found.language_confidence)}".strip()
    console.print(Text.assemble((printable(name), "bold"), f"  language: {language}"))
    numbers = {quote: number for number, quote in enumerate(found.quotes, start=1)}
    for part, words in parts.items():
        if part is not None:
            console.print()
            console.print(Text(f"{part}:", style=_MARK))
        inside = Annotations(
            quotes=tuple(quote for quote in found.quotes if quote.part == part),
            mentions=tuple(mention for mention in found.mentions if mention.part == part),
        )
        _print_part(console, printable(words), numbers, inside)
    console.print()
    for line_of_legend in _legend(found):
        console.print(line_of_legend, soft_wrap=True)


def _print_part(console: Console, shown: str, numbers: dict[Quote, int], found: Annotations) -> None:
    """Print each paragraph with its marks, and below it what was found in it."""
    start = 0
    for line in shown.split("\n"):
        end = start + len(line)
        quotes = [quote for quote in found.quotes if start <= quote.start < end]
        mentions = [mention for mention in found.mentions if start <= mention.start < end]
        if line.strip():
            console.print()
            console.print(_marked(shown, start, end, numbers, found))
        if quotes or mentions:
            console.print()
            for note in _notes(quotes, mentions, numbers):
                console.print(note, soft_wrap=True)
        start = end + 1


def _marked(text: str, start: int, end: int, numbers: dict[Quote, int], found: Annotations) -> Text:
    """One paragraph with its marks; a quotation over several paragraphs is marked in each."""
    line = Text(text[start:end])
    marks: list[tuple[int, int, str, str]] = []
    for quote in found.quotes:
        number = numbers[quote]
        first, last = max(quote.start, start), min(quote.end, end)
        if first < last:
            line.stylize(QUOTE_STYLES[quote.kind], first - start, last - start)
            marks += [(first, 1, f"[{number}:", _MARK), (last, -1, f":{number}]", _MARK)]
        for span, style in ((quote.speaker, _SPEAKER), (quote.cue, _CUE)):
            if span is not None and span.part == quote.part and start <= span.start < end:
                line.stylize(style, span.start - start, span.end - start)
    for mention in found.mentions:
        if start <= mention.start < end:
            line.stylize(MENTION_STYLES[mention.kind], mention.start - start, mention.end - start)
            marks += [(mention.start, 2, "{", _MARK), (mention.end, -2, "}", _MARK)]
    return _with_marks(line, start, sorted(marks))


def _with_marks(line: Text, start: int, marks: Sequence[tuple[int, int, str, str]]) -> Text:
    """The line with marks inserted. At one character, closing marks come before opening ones, the innermost first."""
    cuts = [at - start for at, _, _, _ in marks]
    pieces = line.divide(cuts)
    shown = pieces[0]
    for piece, (_, _, mark, style) in zip(pieces[1:], marks, strict=True):
        shown = Text.assemble(shown, (mark, style), piece)
    return shown


def _notes(quotes: Sequence[Quote], mentions: Sequence[Mention], numbers: dict[Quote, int]) -> Iterator[Text]:
    for quote in quotes:
        yield _note(str(numbers[quote]), str(quote.kind), QUOTE_STYLES[quote.kind], quote, _who(quote))
    for mention, count in _counted(mentions):
        what = _what(mention) + (f" ({count} times)" if count > 1 else "")
        yield _note("{", str(mention.kind), MENTION_STYLES[mention.kind], mention, what)


def _note(mark: str, kind: str, style: str, item: Quote | Mention, says: str) -> Text:
    rule = printable(item.rule)
    return Text.assemble(
        f"{mark:>5}  ", (f"{kind:<12}", style), f"  {rule:<{_RULE_CHARS}}  {_short(item.confidence):>3}  {says}"
    )


def _who(quote: Quote) -> str:
    """The speaker (person and the words that name them, or only the words) and the cue."""
    cue = f"cue “{_words(quote.cue)}”" if quote.cue else "no cue"
    if quote.speaker is None:
        return f"nobody named; {cue}"
    words = f"“{_words(quote.speaker)}”"
    return f"{words if quote.person is None else f'{printable(quote.person)}, as {words}'}; {cue}"


def _what(mention: Mention) -> str:
    about = [part for part in (mention.role, mention.party, mention.country) if part]
    return printable(f"{mention.name}: {', '.join(about)}" if about else mention.name)


def _counted(mentions: Sequence[Mention]) -> Iterator[tuple[Mention, int]]:
    """Groups of equal mentions: the first one and the number of them."""
    same: dict[tuple[object, ...], list[Mention]] = {}
    for mention in mentions:
        about = (mention.kind, mention.name, mention.role, mention.party, mention.country, mention.rule)
        same.setdefault(about, []).append(mention)
    for group in same.values():
        yield group[0], len(group)


def _legend(found: Annotations) -> Iterator[Text]:
    """The rules that were used, each with its description."""
    known = rules_by_id()
    used = [*(quote.rule for quote in found.quotes), *(mention.rule for mention in found.mentions)]
    for rule in dict.fromkeys(used):
        if rule in known:
            yield Text.assemble((f"{rule:<{_RULE_CHARS}}", "bold"), f"  {known[rule].says}")


def _words(span: Span) -> str:
    return printable(span.surface).replace("\n", " ")


def _short(confidence: float | None) -> str:
    return "" if confidence is None else f"{confidence:.2f}".removeprefix("0")
