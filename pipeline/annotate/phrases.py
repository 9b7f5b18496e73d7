"""Noun phrases that can be a speaker, found from their first word, and the subject of a reporting verb.

Positions are token indices, ends exclusive. Nothing here looks further than `REACH` tokens, so the time it takes does
not depend on the sentence's length.
"""

from __future__ import annotations

from pipeline.annotate.lexicon import Frame, Lexicon, Verb
from pipeline.annotate.sentences import Token

REACH = 45
"""Tokens on either side of a quotation that are looked at."""
LONGEST_PHRASE = 22
NAME_PARTICLES = frozenset(
    "von van de der den del della di da dos du bin ibn al el ben zu zur vom la le ten ter st".split()
)
_ADJECTIVE_ENDINGS = ("e", "en", "er", "es", "em")
_GENITIVE = frozenset("des der eines einer seiner seines ihrer ihres unserer dieser".split())
_POSTMODIFIERS_DE = frozenset("von vom der des für aus im in beim bei zur zum".split())
_POSTMODIFIERS_EN = frozenset("of for from at with".split())
_STOPS_EN = frozenset(
    "in on during after before when while who whom that which about by with following as to and but or if because since"
    " through via under over into".split()
)

Range = tuple[int, int]


def is_name_word(token: Token, lexicon: Lexicon) -> bool:
    """A capitalised word that is not there for its grammar: in German any noun, in English a name."""
    return token.is_capitalised and token.lower not in lexicon.function_words and token.lower not in lexicon.weekdays


def name_end(tokens: list[Token], at: int, stop: int, lexicon: Lexicon) -> int:
    """The end of the run of capitalised words from `at`, with particles ("von der Leyen") and initials; `at` if none."""
    end = at
    stop = min(stop, at + LONGEST_PHRASE)
    while end < stop:
        token = tokens[end]
        if is_name_word(token, lexicon):
            end += 1
            continue
        if end == at:
            break
        if token.surface == "." and tokens[end - 1].end == token.start and _is_short(tokens[end - 1], lexicon):
            if end + 1 < stop and tokens[end + 1].is_capitalised:
                end += 1
                continue
            break
        ahead = end
        while (
            ahead < stop
            and ahead < end + 2
            and tokens[ahead].lower in NAME_PARTICLES
            and tokens[ahead].surface.islower()
        ):
            ahead += 1
        if (
            ahead > end
            and ahead < stop
            and is_name_word(tokens[ahead], lexicon)
            and _joins_name(tokens, at, end, ahead, lexicon)
        ):
            end = ahead + 1
            continue
        break
    return end


def _is_short(token: Token, lexicon: Lexicon) -> bool:
    return len(token.surface) == 1 or token.lower in lexicon.titles


def _joins_name(tokens: list[Token], at: int, end: int, ahead: int, lexicon: Lexicon) -> bool:
    """ "Ursula von der Leyen", not "Sprecherin der Stadt": the word before a German particle is no office."""
    if lexicon.language == "en":
        return True
    if lexicon.is_role(tokens[end - 1].surface):
        return tokens[end].lower in {"von", "van", "de"} and ahead - end == 2
    if tokens[end].lower == "von" and ahead == end + 1:
        return end - at == 1 or lexicon.is_role(tokens[end - 2].surface)
    return tokens[end].lower not in {"der", "den", "zur", "zu", "vom"}


def noun_phrase(tokens: list[Token], at: int, stop: int, lexicon: Lexicon) -> int | None:
    """The end of the noun phrase that begins at `at`, None if none does."""
    stop = min(stop, at + LONGEST_PHRASE, len(tokens))
    if at >= stop:
        return None
    if lexicon.language == "de":
        return _noun_phrase_de(tokens, at, stop, lexicon)
    return _noun_phrase_en(tokens, at, stop, lexicon)


def _noun_phrase_de(tokens: list[Token], at: int, stop: int, lexicon: Lexicon) -> int | None:
    if particle_end := particle_name_end(tokens, at, stop, lexicon):
        return particle_end
    head = at
    has_determiner = (
        tokens[at].lower in lexicon.determiners_nominative or tokens[at].lower in lexicon.determiners_oblique
    )
    if has_determiner:
        head += 1
    while head < stop and _is_adjective_de(tokens[head], lexicon):
        head += 1
    end = name_end(tokens, head, stop, lexicon)
    if end == head:
        return at + 1 if tokens[at].lower in lexicon.pronouns else None
    return _postmodified_de(tokens, head, end, stop, lexicon)


def particle_name_end(tokens: list[Token], at: int, stop: int, lexicon: Lexicon) -> int | None:
    """The end of a surname that begins with its particles: "Von der Leyen betonte", "sagte von der Leyen."."""
    if tokens[at].lower not in {"von", "van"} or at + 2 >= stop or tokens[at + 1].lower not in {"der", "den"}:
        return None
    end = at + 3
    if not is_name_word(tokens[at + 2], lexicon):
        return None
    if tokens[at].is_capitalised:
        return (
            end
            if end >= stop or tokens[end].lower in lexicon.verbs or tokens[end].lower in lexicon.auxiliaries
            else None
        )
    return end if end >= stop or tokens[end].surface in {".", ",", ":", "!"} or tokens[end].segment >= 0 else None


def _is_adjective_de(token: Token, lexicon: Lexicon) -> bool:
    if not token.is_word:
        return False
    if token.lower in lexicon.function_words or token.lower in lexicon.verbs:
        return False
    if token.surface[0].isdigit():
        return True
    return token.surface[0].islower() and token.lower.endswith(_ADJECTIVE_ENDINGS)


def _postmodified_de(tokens: list[Token], head: int, end: int, stop: int, lexicon: Lexicon) -> int:
    """With what belongs to the head noun: "des Weißen Hauses", "der Polizei Hof", "von Tabasco", ", General George Casey"."""
    for _ in range(3):
        if end >= stop or tokens[end].lower not in _POSTMODIFIERS_DE or not lexicon.is_role(tokens[end - 1].surface):
            is_genitive = end < stop and tokens[end].lower in _GENITIVE
            if not is_genitive or _has_full_name(tokens, head, end, lexicon):
                break
        inner = end + 1
        if inner < stop and tokens[inner].lower in lexicon.determiners_oblique:
            inner += 1
        while inner < stop and _is_adjective_de(tokens[inner], lexicon):
            inner += 1
        inner_end = name_end(tokens, inner, stop, lexicon)
        if inner_end == inner:
            break
        end = inner_end
    return end


def _has_full_name(tokens: list[Token], head: int, end: int, lexicon: Lexicon) -> bool:
    return end - head >= 2 and not lexicon.is_role(tokens[end - 1].surface)


def past_parenthesis(tokens: list[Token], at: int, stop: int) -> int:
    """Behind a short parenthesis at `at`: "(CDU)", "(45)"."""
    if at < stop and tokens[at].surface == "(":
        for end in range(at + 1, min(stop, at + 8)):
            if tokens[end].surface == ")":
                return end + 1
    return at


def _noun_phrase_en(tokens: list[Token], at: int, stop: int, lexicon: Lexicon) -> int | None:
    first = tokens[at]
    if first.lower in lexicon.pronouns:
        return at + 1
    if not first.is_word or first.lower in lexicon.prepositions or first.lower in lexicon.conjunctions:
        return None
    has_determiner = first.lower in lexicon.determiners_nominative
    if not has_determiner and not is_name_word(first, lexicon) and not _starts_bare_en(tokens, at, stop, lexicon):
        return None
    end = at + 1
    seen_noun = not has_determiner
    while end < stop:
        token = tokens[end]
        if (
            token.surface == "."
            and _is_short(tokens[end - 1], lexicon)
            and end + 1 < stop
            and tokens[end + 1].is_capitalised
        ):
            end += 1
            continue
        if token.surface in {"'", "’"}:
            end += 1
            continue
        if (
            not token.is_word
            or token.lower in lexicon.verbs
            and token.lower not in {"state", "point", "report", "post"}
        ):
            break
        if token.lower in lexicon.adverbs or token.lower in lexicon.weekdays or token.lower in lexicon.auxiliaries:
            break
        if token.lower in lexicon.pronouns:
            break
        if (
            token.lower in _POSTMODIFIERS_EN
            and seen_noun
            and not (token.lower == "with" and not lexicon.is_role(tokens[end - 1].lower))
        ):
            if end + 1 < stop and tokens[end + 1].is_word:
                end += 1
                continue
            break
        if (
            token.lower == "and"
            and end + 1 < stop
            and tokens[end + 1].is_capitalised
            and tokens[end - 1].is_capitalised
        ):
            end += 1
            continue
        if token.lower in _STOPS_EN or token.lower in lexicon.prepositions:
            break
        if token.lower in lexicon.finite_verbs and not token.is_capitalised:
            break
        if (
            not has_determiner
            and tokens[at].is_capitalised
            and token.surface[0].islower()
            and not _may_extend_en(tokens, end, lexicon)
        ):
            break
        seen_noun = True
        end += 1
    return end if seen_noun else None


def _may_extend_en(tokens: list[Token], at: int, lexicon: Lexicon) -> bool:
    """ "Labour leader", "Downing Street officials", "Chelsea manager Enzo": a lower case word goes on to an office."""
    return (
        any(lexicon.is_role(token.lower) for token in tokens[at : at + 3] if token.is_word)
        or tokens[at - 1].lower in _POSTMODIFIERS_EN
        or tokens[at - 1].lower in {"the", "a", "an"}
        or not tokens[at - 1].is_capitalised
    )


def _starts_bare_en(tokens: list[Token], at: int, stop: int, lexicon: Lexicon) -> bool:
    """ "officials", "former president George Bush": a phrase without an article."""
    for token in tokens[at : min(stop, at + 4)]:
        if not token.is_word or token.lower in lexicon.function_words or token.lower in lexicon.verbs:
            return False
        if lexicon.is_role(token.lower):
            return True
    return False


def is_nominative(tokens: list[Token], at: int, lexicon: Lexicon) -> bool:
    """Whether the phrase at `at` may be a subject: not behind a preposition, not with a dative article."""
    if tokens[at].lower in lexicon.determiners_oblique and tokens[at].lower not in lexicon.determiners_nominative:
        return False
    before = tokens[at - 1] if at else None
    return before is None or before.lower not in lexicon.prepositions


def verb_at(tokens: list[Token], at: int, stop: int, lexicon: Lexicon) -> Verb | None:
    """The reporting verb whose finite form stands at `at`, if the particle it needs follows before `stop`."""
    token = tokens[at]
    candidates = lexicon.verbs.get(token.lower)
    if not candidates or token.segment >= 0:
        return None
    if lexicon.language == "en" and at and tokens[at - 1].lower in lexicon.determiners_nominative:
        return None
    if (
        lexicon.language == "de"
        and token.is_capitalised
        and at
        and tokens[at - 1].surface not in {".", "!", "?", "\n", "“"}
    ):
        return None
    plain = None
    for verb in candidates:
        if verb.needs is None:
            plain = plain or verb
        elif any(
            t.lower == verb.needs or (verb.needs == "von" and t.lower == "vom")
            for t in tokens[at + 1 : min(stop, at + REACH)]
        ):
            return verb if verb.frame is not Frame.NONE else None
    return plain


def subject_before(tokens: list[Token], low: int, verb: int, lexicon: Lexicon) -> Range | None:
    """The phrase that ends at the verb, or before an apposition that does: "Karin Holm, die Leiterin, sagte"."""
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
        return _subject_before_apposition(tokens, low, end - 1, lexicon)
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
        if start > low and _is_inside_phrase(tokens, start, lexicon):
            continue
        if noun_phrase(tokens, start, end, lexicon) == end and is_nominative(tokens, start, lexicon):
            return start, end
    return None


def _is_inside_phrase(tokens: list[Token], at: int, lexicon: Lexicon) -> bool:
    before = tokens[at - 1]
    if is_name_word(before, lexicon):
        return tokens[at].is_capitalised or lexicon.language == "de" and tokens[at].lower in _GENITIVE
    if lexicon.language != "de":
        return before.lower in lexicon.determiners_nominative
    if before.lower in lexicon.determiners_oblique or before.lower in lexicon.determiners_nominative:
        return True
    return _is_adjective_de(before, lexicon) and before.surface.islower()


def _is_ly(token: Token, lexicon: Lexicon) -> bool:
    return lexicon.language == "en" and token.lower.endswith("ly") and token.surface.islower()


def _subject_before_apposition(tokens: list[Token], low: int, comma: int, lexicon: Lexicon) -> Range | None:
    """From the comma before the verb back to the one that opens the apposition; the phrase before that."""
    start = comma
    while start > low and tokens[start - 1].surface not in {";", ":", "–", "—", "\n"} and tokens[start - 1].segment < 0:
        start -= 1
    end = next((i for i in range(start, comma) if tokens[i].surface == ","), None)
    while end is not None and end < comma:
        for first in range(max(start, end - LONGEST_PHRASE), end):
            closing = noun_phrase(tokens, first, end, lexicon)
            if (
                closing is not None
                and _reaches(tokens, closing, end, lexicon)
                and is_nominative(tokens, first, lexicon)
            ):
                has_office = any(lexicon.is_role(token.surface) for token in tokens[first:closing])
                names_it = has_office and name_end(tokens, end + 1, comma, lexicon) == comma
                return first, comma if names_it else closing
        start = end + 1
        end = next((i for i in range(start, comma) if tokens[i].surface == ","), None)
    return None


def _reaches(tokens: list[Token], closing: int, end: int, lexicon: Lexicon) -> bool:
    """Only a parenthesis or a prepositional attribute is between the phrase and the comma."""
    return (
        past_parenthesis(tokens, closing, end) == end
        or tokens[closing].lower in lexicon.prepositions
        and end - closing <= 8
    )


def subject_after(tokens: list[Token], verb: int, stop: int, lexicon: Lexicon) -> Range | None:
    """The phrase behind the verb: "sagte am Dienstag der Kanzler", "said Starmer"."""
    at = verb + 1
    stop = min(stop, verb + REACH)
    for _ in range(4):
        if at >= stop:
            return None
        token = tokens[at]
        if token.lower in lexicon.adverbs and token.lower not in lexicon.pronouns_nominative:
            if (
                lexicon.language == "de"
                and token.lower in lexicon.determiners_nominative
                and noun_phrase(tokens, at, stop, lexicon)
            ):
                break
            at += 1
        elif at == verb + 1 and particle_name_end(tokens, at, stop, lexicon):
            break
        elif token.lower in lexicon.prepositions and lexicon.language == "de":
            end = noun_phrase(tokens, at + 1, stop, lexicon)
            if end is None:
                at += 1
            else:
                at = end
        elif token.lower == "sich":
            at += 1
        else:
            break
    if at >= stop or not is_nominative(tokens, at, lexicon):
        return None
    end = noun_phrase(tokens, at, stop, lexicon)
    if end is None:
        return None
    return at, _with_apposed_name(tokens, at, end, stop, lexicon)


def _with_apposed_name(tokens: list[Token], at: int, end: int, stop: int, lexicon: Lexicon) -> int:
    """ "der Oberkommandierende, General Ada Brandt": the name behind the comma belongs to the phrase."""
    if end + 1 >= stop or tokens[end].surface != "," or lexicon.language != "de":
        return end
    if tokens[at].lower not in lexicon.determiners_nominative or not lexicon.is_role(tokens[end - 1].surface):
        return end
    name = name_end(tokens, end + 1, stop, lexicon)
    return name if name > end + 2 else end
