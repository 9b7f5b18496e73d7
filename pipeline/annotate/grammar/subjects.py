"""The subject of a verb, and the phrase that a sentence is about."""

from __future__ import annotations

from pipeline.annotate.grammar.actors import is_abstract, is_addressee_first, is_adverb_first
from pipeline.annotate.grammar.appositions import subject_before_apposition, through_apposed_name
from pipeline.annotate.grammar.capitals import LONGEST_PHRASE, is_name_word, particle_name_end
from pipeline.annotate.grammar.coordination import contrasted, is_plural, with_partner_after, with_partner_before
from pipeline.annotate.grammar.participles import (
    accompanied_subject,
    described_by_participle,
    is_passive_en,
    main_verb,
    opens_with_participle,
)
from pipeline.annotate.grammar.phrases import (
    REACH,
    is_adjective_de,
    is_attribute_de,
    is_nominative,
    noun_phrase,
)
from pipeline.annotate.grammar.tokens import Range, Token, View
from pipeline.annotate.grammar.verbs import reporting_verb_at
from pipeline.annotate.lexicon import Lexicon

_OPENING_MARKS = frozenset({"“", "\n", "–", "—", "-", ","})
"""Marks that are skipped at the beginning of a sentence to find its subject."""


def subject_of(view: View, verb: int, divider: int) -> Range | None:
    """The verb's subject, looked for on the verb's side of `divider`, the position of the words that it reports."""
    low, high = (view.first, divider) if verb < divider else (divider + 1, view.end)
    if verb < divider and (clause := view.find_back(verb - 1, low, ":", ";")) is not None:
        low = clause + 1
    if view.lexicon.is_german:
        relative = relative_subject(view, low, verb) if verb < divider else None
        return relative or _subject_de(view, low, verb, high)
    main = main_verb(view, low, verb)
    return subject_of(view, main, divider) if main is not None else _subject_en(view, low, verb, high)


def _subject_en(view: View, low: int, verb: int, high: int) -> Range | None:
    if is_passive_en(view, low, verb):
        end = noun_phrase(view, verb + 2, high) if view.is_at(verb + 1, "by") else None
        return (verb + 2, end) if end is not None else None
    found = subject_before(view, low, verb) or described_by_participle(view, low, verb)
    if found is not None:
        who = view.find_back(found[0] - 2, low, "who", ",")
        if who is not None and view.is_at(who, "who"):  # "the man who made the arrest said"
            return subject_before(view, low, who) or found
        return found
    if (accompanied := accompanied_subject(view, low, verb)) is not None:
        return accompanied
    if verb > low and view.is_at(verb - 1, "and", "but"):
        return _shared_subject(view, low, verb - 1) or first_subject(view, low, verb)
    relative = verb - 1
    small = (view.lexicon.auxiliaries, view.lexicon.adverbs)
    while relative > low and any(view.tokens[relative].lower in words for words in small):
        relative -= 1
    if relative > low and view.is_at(relative, "who", "which"):
        found = subject_before(view, low, relative - (1 if view.is_at(relative - 1, ",") else 0))
        owner = view.find_back(found[1] - 1, found[0], "of", "at") if found and view.is_at(relative, "which") else None
        return found if found is None or owner is None else (owner + 1, found[1])  # "the head of | the Group, which"
    after = subject_after(view, verb, high)
    ends_clause = after is not None and (after[1] >= high or not view.tokens[after[1]].is_word)
    if verb == low or (not view.tokens[verb - 1].is_word and (verb == low + 1 or ends_clause)):
        return after or first_subject(view, low, verb)  # "says Marsh", but not ", rejected the plan as"
    has_own_verb = after is not None and view.is_in(after[1], view.lexicon.finite_verbs)  # "thinks Marsh is tough"
    return first_subject(view, low, verb) or (None if has_own_verb else after)


def _shared_subject(view: View, low: int, join: int) -> Range | None:
    """The subject of the nearest reporting verb before "and": "| Marsh claims they paid and says it was late"."""
    for at in range(join - 1, low, -1):
        if view.tokens[at].surface in {"(", ";", ":"}:
            return None
        if reporting_verb_at(view, at, join) is not None and not view.tokens[at].lower.endswith("ing"):
            return subject_before(view, low, at)
    return None


def _subject_de(view: View, low: int, verb: int, high: int) -> Range | None:
    tokens, lexicon = view.tokens, view.lexicon
    before = subject_before(view, low, verb)
    if verb - 1 > low and tokens[verb - 1].lower in {"und", "aber"}:
        return first_subject(view, low, verb)
    auxiliary = next((at for at in range(max(low, verb - 25), verb) if tokens[at].lower in lexicon.auxiliaries), None)
    is_participle = tokens[verb].lower in lexicon.participles and not view.is_at(verb - 1, ",")
    if auxiliary is not None and is_participle and auxiliary > low:
        verb, before = auxiliary, subject_before(view, low, auxiliary)
    after = subject_after(view, verb, high)
    if after is not None and before is not None and _has_other_number(view, before, verb):
        return after
    if after is not None and view.is_at(verb - 1, ",") and _has_finite_verb(view, low, verb):
        return after
    if after is not None and before is not None and _opens_with_adverbial(view, low, verb):
        return after
    if after is not None and before is None and view.is_at(verb - 1, ",") and view.is_at(after[1], ","):
        return after  # "Das Buch, sagte Holm, sei gut"
    if before is not None and (after is None or not is_addressee_first(view, before, after)):
        return before
    opening = _opening_phrase(view, low, verb)
    if opening is not None and after is not None and is_adverb_first(view, opening, after):
        return after
    if opening is not None and (after is None or not is_addressee_first(view, opening, after)):
        return conjunction_subject(view, low, verb) or opening
    return after or conjunction_subject(view, low, verb) or first_subject(view, low, verb)


def _has_other_number(view: View, phrase: Range, verb: int) -> bool:
    """True if the phrase is plural and the verb is not: "Negative Folgen hielt das Gericht für möglich".

    Without an article, an adjective in -e and a noun in -en are plural.
    """
    first, last = view.tokens[phrase[0]], view.tokens[phrase[1] - 1]
    is_bare = first.lower.endswith("e") and first.lower not in view.lexicon.determiners
    is_adjective = is_bare and is_name_word(last, view.lexicon) and first.surface not in view.names
    return (
        phrase[1] - phrase[0] == len(("Negative", "Folgen"))
        and is_adjective
        and last.lower.endswith("en")
        and not view.lexicon.is_role(last.surface)
        and not is_plural(view, verb, verb)
    )


def _opens_with_adverbial(view: View, low: int, verb: int) -> bool:
    """True if a preposition or an adverb opens the verb's clause, and its subject follows: "Nach dem Spiel sagte …"."""
    at = verb
    while at > low and view.tokens[at - 1].surface not in {",", ";", ":", "–", "—", "\n"}:
        at -= 1
    first = view.tokens[at]
    if first.segment >= 0 or at >= verb - 1 or particle_name_end(view, at, verb):
        return False
    if first.lower in view.lexicon.sentence_adverbs and noun_phrase(view, at + 1, verb) == verb:
        return False  # "Doch der Minister sieht"
    return first.lower in view.lexicon.prepositions or (
        first.lower in view.lexicon.adverbs and first.lower not in view.lexicon.focus_particles
    )


def _has_finite_verb(view: View, low: int, stop: int) -> bool:
    """True if a clause stands before the comma and not a subject: "Die Lage sei ernst, sagte Holm"."""
    finite = (view.lexicon.auxiliaries, view.lexicon.subjunctive, view.lexicon.finite_verbs)
    return any(view.tokens[at].lower in words for at in range(low, stop) for words in finite)


def _opening_phrase(view: View, low: int, stop: int) -> Range | None:
    """The phrase that begins the sentence."""
    tokens, lexicon = view.tokens, view.lexicon
    at = _sentence_start(view, low, stop)
    if at >= stop or (tokens[at].lower in lexicon.prepositions and not particle_name_end(view, at, stop)):
        return None
    if tokens[at].lower in lexicon.conjunctions or opens_with_participle(view, at, stop):
        return None
    end = noun_phrase(view, at, stop)
    if end is None or not is_nominative(view, at):
        return None
    return with_partner_after(view, (at, end), stop) if lexicon.is_german else (at, end)


def _sentence_start(view: View, low: int, stop: int) -> int:
    tokens = view.tokens
    at = low
    while at < stop and (
        tokens[at].surface in _OPENING_MARKS
        or tokens[at].surface in view.lexicon.sentence_openers
        or tokens[at].lower in view.lexicon.sentence_adverbs
    ):
        at += 1
    return at


def first_subject(view: View, low: int, stop: int) -> Range | None:
    """The phrase that begins the sentence, or the one after its first verb if an adverbial begins it."""
    tokens, lexicon = view.tokens, view.lexicon
    opening = _opening_phrase(view, low, stop)
    if opening is not None and not is_abstract(view, opening):
        return opening
    at = _sentence_start(view, low, stop) if opening is None else opening[1]
    for position in range(at, min(stop, at + 25)):
        token = tokens[position]
        if not lexicon.is_german:
            if token.surface == ",":
                end = noun_phrase(view, position + 1, stop)
                if end is not None:
                    return position + 1, end
        elif token.surface.islower() and token.is_word and not _is_inert(token, lexicon):
            is_verb = _may_be_verb(token) and not is_attribute_de(view, position)
            found = subject_after(view, position, stop) if is_verb else None
            if found is not None:
                return found if opening is None or not is_abstract(view, found) else opening
    return opening


def _may_be_verb(token: Token) -> bool:
    """True if the word is no adjective: past tenses end in a consonant or in -te."""
    return not token.lower.endswith(("e", "r")) or token.lower.endswith("te")


def _is_inert(token: Token, lexicon: Lexicon) -> bool:
    inert = (lexicon.determiners, lexicon.prepositions, lexicon.conjunctions, lexicon.adverbs, lexicon.pronouns)
    return any(token.lower in words for words in inert)


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
        return subject_before_apposition(view, low, end - 1)
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
    if (
        lexicon.is_german
        and tokens[at].lower in {"die", "das", "ein", "eine"}
        and before.lower in lexicon.relative_pronouns
    ):
        return False
    if before.lower in lexicon.weekdays:
        return tokens[at].is_capitalised
    if is_name_word(before, lexicon):
        return tokens[at].is_capitalised or (lexicon.is_german and tokens[at].lower in lexicon.genitive_determiners)
    if not lexicon.is_german:
        opens_clause = before.lower == "that" and tokens[at].lower in lexicon.determiners_nominative
        return before.lower in lexicon.determiners_nominative and not opens_clause
    if before.lower in lexicon.determiners:
        return True
    return is_adjective_de(before, lexicon) and before.surface.islower()


def _is_ly(token: Token, lexicon: Lexicon) -> bool:
    return not lexicon.is_german and token.lower.endswith("ly") and token.surface.islower()


def subject_after(view: View, verb: int, stop: int) -> Range | None:
    """The phrase after the verb: "sagte am Dienstag der Kanzler", "said Marsh"; None after "told", where it is told."""
    lexicon = view.lexicon
    if view.tokens[verb].lower in lexicon.addressing_verbs:
        return None
    at = verb + 1
    stop = min(stop, verb + REACH)
    for _ in range(6):
        if at >= stop:
            return None
        token = view.tokens[at]
        if token.lower in lexicon.adverbs and token.lower not in lexicon.pronouns_nominative:
            if lexicon.is_german and token.lower in lexicon.determiners_nominative and noun_phrase(view, at, stop):
                break
            at += 1
        elif at == verb + 1 and particle_name_end(view, at, stop):
            break
        elif token.lower in lexicon.prepositions and lexicon.is_german:
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
    if lexicon.is_german and is_plural(view, verb, verb):
        phrase = with_partner_after(view, phrase, stop)
    return contrasted(view, verb, phrase, stop)


def conjunction_subject(view: View, low: int, verb: int) -> Range | None:
    """The subject of a verb that ends a clause with a conjunction: "wie Holm mitteilte", "indem sie aufforderte"."""
    for at in range(verb - 1, max(low, verb - 25) - 1, -1):
        word = view.tokens[at].lower
        if word in view.lexicon.conjunctions and word not in view.lexicon.joins:
            end = noun_phrase(view, at + 1, verb)
            if end is not None and is_nominative(view, at + 1):
                return at + 1, end
        if view.tokens[at].surface in {";", ":"}:
            return None
    return None


def relative_subject(view: View, low: int, verb: int) -> Range | None:
    """The subject of a German verb that ends a relative clause: "von dem die Polizei glaubt", "der am Montag betonte".

    None if the verb ends no relative clause.
    """
    tokens, lexicon = view.tokens, view.lexicon
    if verb + 1 < view.end and not (
        tokens[verb + 1].surface in {",", ".", ":", ";"} or tokens[verb + 1].lower in lexicon.auxiliaries
    ):
        return None
    comma = view.find_back(verb - 1, max(low, verb - LONGEST_PHRASE), ",")
    if comma is None or comma + 2 > verb:
        return None
    start = comma + 1
    has_preposition = tokens[start].lower in lexicon.prepositions
    if has_preposition:
        start += 1
    if tokens[start].lower not in lexicon.relative_pronouns or start >= verb or tokens[start + 1].is_capitalised:
        return None
    end = noun_phrase(view, start + 1, verb + 1)
    follows = end is not None and is_nominative(view, start + 1)
    if has_preposition or tokens[start].lower in lexicon.oblique_relatives:
        return (start + 1, end) if follows and end is not None else None
    nominative = lexicon.determiners_nominative | lexicon.pronouns_nominative
    if tokens[start].lower == "der":
        nominative = lexicon.pronouns_nominative | {"der"}
    if follows and end is not None and tokens[start + 1].lower in nominative:
        return start + 1, end
    return start, start + 1
