"""Whose verb it is: the subject of a reporting verb, the phrase that a sentence is about."""

from __future__ import annotations

from pipeline.annotate.grammar.attribution import Situation
from pipeline.annotate.grammar.coordination import contrasted, is_plural, with_partner_before, with_partner_behind
from pipeline.annotate.grammar.participles_en import described_by_participle, main_verb, opens_with_participle
from pipeline.annotate.grammar.phrases import (
    GENITIVE_DE,
    LONGEST_PHRASE,
    REACH,
    RELATIVE_DE,
    is_adjective_de,
    is_name_word,
    is_nominative,
    name_end,
    noun_phrase,
    particle_name_end,
    past_parenthesis,
)
from pipeline.annotate.grammar.subordinate_subjects import conjunction_subject, relative_subject
from pipeline.annotate.grammar.view import Range, Token, View
from pipeline.annotate.lexicon import Lexicon


def subject_of(s: Situation, verb: int) -> Range | None:
    """The verb's subject in its sentence, left of the segment or right of it, whichever side the verb is on."""
    tokens, lexicon = s.tokens, s.lexicon
    low = s.first if verb < s.at else s.at + 1
    high = s.at if verb < s.at else s.end
    if lexicon.language == "de" and verb < s.at:
        subordinate = relative_subject(s, low, verb)
        if subordinate is not None:
            return subordinate
    before = subject_before(s, low, verb)
    if lexicon.language == "en":
        main = main_verb(s, low, verb)
        if main is not None:
            return subject_of(s, main)
        if before is not None:
            return before
        described = described_by_participle(s, low, verb)
        if described is not None:
            return described
        if tokens[verb - 1].lower in {"and", "but"} and verb > low:
            return first_subject(s, low, verb)
        if verb > low and tokens[verb - 1].lower in {"who", "which"}:
            return subject_before(s, low, verb - (2 if s.is_at(verb - 2, ",") else 1))
        return subject_after(s, verb, high) or first_subject(s, low, verb)
    if verb - 1 > low and tokens[verb - 1].lower in {"und", "aber"}:
        return first_subject(s, low, verb)
    auxiliary = next((at for at in range(max(low, verb - 25), verb) if tokens[at].lower in lexicon.auxiliaries), None)
    if auxiliary is not None and tokens[verb].lower in lexicon.participles and auxiliary > low:
        verb, before = auxiliary, subject_before(s, low, auxiliary)
    after = subject_after(s, verb, high)
    if after is not None and s.is_at(verb - 1, ",") and _has_finite_verb(s, low, verb):
        return after
    if after is not None and before is None and s.is_at(verb - 1, ",") and s.is_at(after[1], ","):
        return after  # "Das Buch, sagte Holm, sei gut"
    if before is not None and (after is None or not _is_addressee_first(s, before, after)):
        return before
    opening = _opening_phrase(s, low, verb)
    if opening is not None and (after is None or not _is_addressee_first(s, opening, after)):
        return conjunction_subject(s, low, verb) or opening
    return after or conjunction_subject(s, low, verb) or first_subject(s, low, verb)


def _has_finite_verb(s: Situation, low: int, stop: int) -> bool:
    """What stands before the comma is a clause, not a subject: "Die Lage sei ernst, sagte Holm"."""
    finite = (s.lexicon.auxiliaries, s.lexicon.subjunctive, s.lexicon.finite_verbs)
    return any(s.tokens[at].lower in words for at in range(low, stop) for words in finite)


def _is_addressee_first(s: Situation, before: Range, after: Range) -> bool:
    """ "Der Zeitung sagte Holm": what stands first was told, what stands behind the verb told it."""
    first, second = s.tokens[before[0]], s.tokens[after[0]]
    is_pronoun = after[1] - after[0] == 1 and second.lower in s.lexicon.pronouns_nominative
    if is_pronoun or first.lower in s.lexicon.prepositions:
        return True
    return bool(
        first.lower in {"der", "den", "dem"}
        and any(t.lower in s.lexicon.media for t in s.tokens[before[0] : before[1]])
    )


def _opening_phrase(s: Situation, low: int, stop: int) -> Range | None:
    """The phrase that begins the sentence."""
    tokens, lexicon = s.tokens, s.lexicon
    at = _sentence_start(s, low, stop)
    if at >= stop or (tokens[at].lower in lexicon.prepositions and not particle_name_end(s, at, stop)):
        return None
    if tokens[at].lower in lexicon.conjunctions or opens_with_participle(s, at, stop):
        return None
    end = noun_phrase(s, at, stop)
    if end is None or not is_nominative(s, at):
        return None
    return with_partner_behind(s, (at, end), stop) if lexicon.language == "de" else (at, end)


def _sentence_start(s: Situation, low: int, stop: int) -> int:
    tokens = s.tokens
    at = low
    while at < stop and (
        tokens[at].surface in {"“", "\n", "–", "—", "-", ",", "und", "aber", "But", "And"}
        or tokens[at].lower in {"doch", "auch"}
    ):
        at += 1
    return at


def first_subject(s: Situation, low: int, stop: int) -> Range | None:
    """The phrase that begins the sentence, or the one behind its first verb where an adverbial begins it."""
    tokens, lexicon = s.tokens, s.lexicon
    opening = _opening_phrase(s, low, stop)
    if opening is not None:
        return opening
    at = _sentence_start(s, low, stop)
    for position in range(at, min(stop, at + 25)):
        token = tokens[position]
        if lexicon.language == "en":
            if token.surface == ",":
                end = noun_phrase(s, position + 1, stop)
                if end is not None:
                    return position + 1, end
        elif token.surface.islower() and token.is_word and not _is_inert(token, lexicon):
            end = noun_phrase(s, position + 1, stop)
            if end is not None and is_nominative(s, position + 1) and _may_be_verb(token):
                return position + 1, end
    return None


def _may_be_verb(token: Token) -> bool:
    """No adjective in -e, -er or -es: past tenses end in a consonant or in -te."""
    return not token.lower.endswith(("e", "r")) or token.lower.endswith("te")


def _is_inert(token: Token, lexicon: Lexicon) -> bool:
    return (
        token.lower in lexicon.prepositions
        or token.lower in lexicon.determiners_nominative
        or token.lower in lexicon.determiners_oblique
        or token.lower in lexicon.conjunctions
        or token.lower in lexicon.adverbs
        or token.lower in lexicon.pronouns
    )


def subject_before(view: View, low: int, verb: int) -> Range | None:
    """The phrase that ends at the verb, or before an apposition that does: "Karin Holm, die Leiterin, sagte"."""
    tokens, lexicon = view.tokens, view.lexicon
    low = max(low, verb - REACH)
    end = verb
    while end > low and (
        tokens[end - 1].lower in lexicon.adverbs
        or tokens[end - 1].lower in lexicon.auxiliaries
        or _is_ly(tokens[end - 1], lexicon)
    ):
        if tokens[end - 1].lower in lexicon.pronouns_nominative:
            break
        end -= 1
    if end > low and tokens[end - 1].surface == ",":
        return _subject_before_apposition(view, low, end - 1)
    if end > low and tokens[end - 1].surface == ")":
        opening = next((i for i in range(end - 1, max(low, end - 9), -1) if tokens[i].surface == "("), end)
        end = opening
    clause = end
    while (
        clause > low
        and clause > end - LONGEST_PHRASE
        and tokens[clause - 1].surface not in {",", ";", ":", "–", "—", "\n"}
        and tokens[clause - 1].segment < 0
    ):
        clause -= 1
    for start in range(clause, end):
        if start > low and _is_inside_phrase(view, start):
            continue
        if noun_phrase(view, start, end) == end and is_nominative(view, start):
            return with_partner_before(view, low, (start, end), verb)
    return None


def _is_inside_phrase(view: View, at: int) -> bool:
    tokens, lexicon = view.tokens, view.lexicon
    before = tokens[at - 1]
    if lexicon.language == "de" and tokens[at].lower in {"die", "das", "ein", "eine"} and before.lower in RELATIVE_DE:
        return False
    if is_name_word(before, lexicon):
        return tokens[at].is_capitalised or (lexicon.language == "de" and tokens[at].lower in GENITIVE_DE)
    if lexicon.language != "de":
        return before.lower in lexicon.determiners_nominative
    if before.lower in lexicon.determiners_oblique or before.lower in lexicon.determiners_nominative:
        return True
    return is_adjective_de(before, lexicon) and before.surface.islower()


def _is_ly(token: Token, lexicon: Lexicon) -> bool:
    return lexicon.language == "en" and token.lower.endswith("ly") and token.surface.islower()


def _subject_before_apposition(view: View, low: int, comma: int) -> Range | None:
    """From the comma before the verb back to the one that opens the apposition; the phrase before that."""
    tokens = view.tokens
    start = comma
    while start > low and tokens[start - 1].surface not in {";", ":", "–", "—", "\n"} and tokens[start - 1].segment < 0:
        start -= 1
    end = next((i for i in range(start, comma) if tokens[i].surface == ","), None)
    while end is not None and end < comma:
        clause = end if opens_with_participle(view, start, end) else max(start, end - LONGEST_PHRASE)
        for first in range(clause, end):
            closing = noun_phrase(view, first, end)
            if closing is not None and _reaches(view, closing, end) and is_nominative(view, first):
                has_office = any(view.lexicon.is_role(token.surface) for token in tokens[first:closing])
                names_it = has_office and name_end(view, end + 1, comma) == comma
                return first, comma if names_it else closing
        start = end + 1
        end = next((i for i in range(start, comma) if tokens[i].surface == ","), None)
    return None


def _reaches(view: View, closing: int, end: int) -> bool:
    """Only a parenthesis or a prepositional attribute is between the phrase and the comma."""
    return past_parenthesis(view, closing, end) == end or (
        view.tokens[closing].lower in view.lexicon.prepositions and end - closing <= 8
    )


def subject_after(view: View, verb: int, stop: int) -> Range | None:
    """The phrase behind the verb: "sagte am Dienstag der Kanzler", "said Marsh"."""
    lexicon = view.lexicon
    at = verb + 1
    stop = min(stop, verb + REACH)
    for _ in range(6):
        if at >= stop:
            return None
        token = view.tokens[at]
        if token.lower in lexicon.adverbs and token.lower not in lexicon.pronouns_nominative:
            if (
                lexicon.language == "de"
                and token.lower in lexicon.determiners_nominative
                and noun_phrase(view, at, stop)
            ):
                break
            at += 1
        elif at == verb + 1 and particle_name_end(view, at, stop):
            break
        elif token.lower in lexicon.prepositions and lexicon.language == "de":
            end = noun_phrase(view, at + 1, stop)
            if end is None:
                at += 1
            else:
                at = end
        elif token.lower == "sich" or token.lower in lexicon.weekdays:
            at += 1
        else:
            break
    if at >= stop or not is_nominative(view, at):
        return None
    end = noun_phrase(view, at, stop)
    if end is None:
        return None
    phrase = at, through_apposed_name(view, at, end, stop)
    if lexicon.language == "de" and is_plural(view, verb, verb):
        phrase = with_partner_behind(view, phrase, stop)
    return contrasted(view, verb, phrase, stop)


def through_apposed_name(view: View, at: int, end: int, stop: int) -> int:
    """ "der Oberkommandierende, General Ada Brandt", "its leader, Carla Dunn": the name belongs to the phrase."""
    tokens = view.tokens
    if end + 1 >= stop or tokens[end].surface != ",":
        return end
    first = tokens[at]
    has_article = first.lower in view.lexicon.determiners_nominative or first.surface.endswith(("'s", "’s"))
    if not has_article or not view.lexicon.is_role(tokens[end - 1].surface):
        return end
    name = name_end(view, end + 1, stop)
    return name if name > end + 2 else end
