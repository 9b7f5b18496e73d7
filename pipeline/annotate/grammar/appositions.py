"""What stands right behind a speaker and is about them: "(CDU)", "vom Verein", ", die Leiterin des Amtes"."""

from __future__ import annotations

from pipeline.annotate.grammar.phrases import REACH, Range, is_name_word, name_end, noun_phrase, past_parenthesis
from pipeline.annotate.grammar.sentences import Token
from pipeline.annotate.lexicon import Lexicon


def widened(tokens: list[Token], phrase: Range, lexicon: Lexicon) -> Range:
    """The phrase with its parenthesis and its apposition."""
    first, last = phrase
    stop = min(len(tokens), last + REACH)
    if last - first == 1 and tokens[first].lower in lexicon.pronouns:
        return phrase
    last = past_parenthesis(tokens, _affiliation_end(tokens, phrase, stop, lexicon), stop)
    if last >= stop or tokens[last].surface != ",":
        return first, last
    if any(lexicon.is_role(token.surface) for token in tokens[first:last]) and tokens[first].surface.islower() | (
        tokens[first].lower in lexicon.determiners_nominative
    ):
        name = name_end(tokens, last + 1, stop, lexicon)
        if name > last + 2 and _closes(tokens, name, stop):
            return first, past_parenthesis(tokens, name, stop)
    apposition = _office_behind(tokens, last + 1, stop, lexicon)
    return first, apposition if apposition is not None else last


def _affiliation_end(tokens: list[Token], phrase: Range, stop: int, lexicon: Lexicon) -> int:
    """Behind the "von der Heimatliste", "vom Verein Stromkunde" that says where the person named belongs."""
    first, at = phrase
    if lexicon.language != "de" or at - first < 2 or not is_name_word(tokens[first], lexicon):
        return at
    if at + 1 >= stop or tokens[at].lower not in {"von", "vom"}:
        return at
    return noun_phrase(tokens, at + 1, stop, lexicon) or at


def _closes(tokens: list[Token], at: int, stop: int) -> bool:
    """No clause begins there: "sagte der Minister, Karin Holm habe" goes on in lower case."""
    return at >= stop or tokens[at].surface in {",", ".", ":", "(", "\n", "–"}


def _office_behind(tokens: list[Token], at: int, stop: int, lexicon: Lexicon) -> int | None:
    """The end of "die Leiterin des Amtes in Bonn" if a comma or the sentence's end follows."""
    end = noun_phrase(tokens, at, stop, lexicon)
    if end is None or not any(lexicon.is_role(token.surface) for token in tokens[at:end]):
        return None
    while end < stop and tokens[end].lower in lexicon.prepositions:
        inner = noun_phrase(tokens, end + 1, stop, lexicon)
        if inner is None:
            break
        end = inner
    return end if _closes(tokens, end, stop) else None
