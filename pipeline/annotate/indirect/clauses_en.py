"""English indirect speech: said that …; …, the mayor said; according to …; her claim that …"""

from __future__ import annotations

from pipeline.annotate.grammar.appositions import past_parenthesis
from pipeline.annotate.grammar.participles import opens_with_participle
from pipeline.annotate.grammar.phrases import noun_phrase
from pipeline.annotate.grammar.reporters import phrase_reporter_en
from pipeline.annotate.grammar.subjects import subject_after
from pipeline.annotate.grammar.tokens import Range
from pipeline.annotate.indirect.clause_starts_en import clause_start, may_be_finite
from pipeline.annotate.indirect.passage import Passage, Report, ReportRule, clause_end, report, sentence_end
from pipeline.annotate.lexicon import Frame
from pipeline.annotate.rules import Finding, rule

WIDEST_GAP = 14
"""Most tokens between the verb and "that": said in a statement late on Monday that …"""
LONGEST_ATTRIBUTE = 12
"""Most tokens between those who are told and what they shall do: "anyone who saw a white van near the harbour"."""
_COMMAS = frozenset({",", "–", "—"})


@rule(
    Finding.INDIRECT,
    "en",
    confidence=0.9,
    matches="The mayor told reporters on Monday that the water is falling.",
    misses="The mayor told reporters about the water that is falling.",
)
def said_that(p: Passage) -> Report | None:
    """said that …; told the court in May that …; asked whether …"""
    if p.verb is None or p.verb.frame is Frame.LABEL or _is_unsaid(p):
        return None
    if p.at == p.first and p.is_at(p.at, "asked", "told"):
        return None  # "Asked whether the dam was safe, Marsh said": others asked
    for at in range(p.at + 1, min(p.end, p.at + WIDEST_GAP)):
        token = p.tokens[at]
        if token.surface in {";", ":", "\n"} or token.segment >= 0:
            return None
        if token.lower in p.lexicon.clause_openers and not _is_object(p, at):
            return report(p, (at, clause_end(p, at)), p.subject(p.at, at), (p.at, p.at + 1))
    return None


def _is_finite(p: Passage, at: int) -> bool:
    return p.tokens[at].lower in p.lexicon.finite_verbs


def _is_unsaid(p: Passage) -> bool:
    """True if nothing was said: "declined to say whether", "did not say whether"."""
    if p.is_at(p.at - 1, "not", "never") or p.tokens[p.at - 1].lower.endswith(("n't", "n’t")):
        return True
    return p.is_at(p.at - 1, "to") and p.is_in(p.at - 2, p.lexicon.refusals)


def _is_object(p: Passage, at: int) -> bool:
    """True if "that" opens no clause: it is an object ("said that") or a relative pronoun ("the water that")."""
    before = p.tokens[at - 1]
    if p.tokens[at].lower != "that" or at - 1 == p.at:
        return False
    if p.tokens[at - 1].surface in _COMMAS or p.is_in(p.at, p.lexicon.telling_verbs):
        return any(
            token.lower in p.lexicon.prepositions and token.lower not in p.lexicon.date_prepositions
            for token in p.tokens[p.at + 1 : at]
        )
    phrase_starts = any(p.tokens[i].lower in p.lexicon.date_openers for i in range(p.at + 1, at))
    small = (p.lexicon.weekdays, p.lexicon.adverbs, p.lexicon.only)
    return not phrase_starts and not any(before.lower in words for words in small)


@rule(
    Finding.INDIRECT,
    "en",
    confidence=0.85,
    matches="The mayor said the water was falling.",
    misses="The mayor said the prayer of the sailors.",
)
def said_clause(p: Passage) -> Report | None:
    """said the plan was dead; told the BBC he would stay"""
    if p.tokens[p.at].lower not in p.lexicon.bare_clause_verbs or p.verb is None or _is_unsaid(p):
        return None
    if p.at > p.first and p.tokens[p.at - 1].surface in _COMMAS and not _closes_apposition(p, p.at - 1):
        return None
    start = clause_start(p)
    if start is None:
        return None
    speaker = p.subject(p.at, start)
    if speaker is None:
        return None
    return report(p, (start, clause_end(p, start)), speaker, (p.at, p.at + 1))


@rule(
    Finding.INDIRECT,
    "en",
    confidence=0.9,
    matches="The water was falling at last, the mayor said.",
    misses="The water was falling at last, the mayor thanked everyone.",
)
def clause_then_speaker(p: Passage) -> Report | None:
    """…, the mayor said on Monday; …, said the mayor; …, Smith told the BBC, …"""
    if p.verb is None or p.is_at(p.at + 1, ":"):
        return None
    if _is_told(p):
        return None
    if p.tokens[p.at - 1].surface in _COMMAS and p.at - 1 > p.first and not p.is_in(p.at, p.lexicon.addressing_verbs):
        if p.verb.frame is not Frame.SAY or p.tokens[p.at].lower.endswith("ing"):
            return None  # "The race, called the Long Mile, …"
        speaker = subject_after(p, p.at, p.end)
        comma = p.at - 1
        after = speaker[1] if speaker else p.at + 1
        if after < p.end and _is_finite(p, after):
            return None  # "Marsh, the mayor, said the cause was unknown"
    else:
        speaker = p.subject(p.at, p.end) if p.find_back(p.at - 1, p.first, *_COMMAS) is not None else None
        if speaker is None or speaker[0] <= p.first or speaker[1] > p.at:
            return None
        comma = speaker[0] - 1
        after = p.at + 1
    if speaker is None or p.tokens[comma].surface not in _COMMAS or comma <= p.first:
        return None
    cue = (p.at, p.at + 1)
    closing = p.find(after, min(p.end, after + 10), *_COMMAS)
    if closing is not None and _is_split(p, comma, closing):
        return report(p, (p.first, clause_end(p, closing)), speaker, cue)
    if p.tokens[comma - 1].segment >= 0 or not _is_statement(p, comma):
        return None
    if p.is_at(comma - 1, "who", "which", "that"):  # "a man who, witnesses say, ran north"
        closing = p.find(after, min(p.end, after + 4), *_COMMAS)
        return report(p, (closing + 1, clause_end(p, closing + 1)), speaker, cue) if closing is not None else None
    return report(p, _around(p, comma, after), speaker, cue)


def _is_split(p: Passage, comma: int, closing: int) -> bool:
    """True if the parenthesis splits the clause around it: "It was, Smith said, a disaster"."""
    finite = p.lexicon.finite_verbs
    subject = noun_phrase(p, p.first, comma)
    if subject is None and p.is_in(p.first, p.lexicon.bare_subjects):
        subject = p.first + 1
    if subject == comma:
        return p.tokens[min(closing + 1, p.end - 1)].lower in finite
    return subject is not None and subject == comma - 1 and p.tokens[subject].lower in finite


def _is_statement(p: Passage, comma: int) -> bool:
    """True if a clause precedes the comma, not "On Monday", "However" or "When the rain came"."""
    first = p.tokens[p.first].lower
    second = p.tokens[p.first + 1].lower if first in p.lexicon.clause_joins else first
    if second in p.lexicon.unreported_openers or opens_with_participle(p, p.first, comma) or _is_apposed(p, comma):
        return False
    if p.tokens[p.first].segment >= 0:
        return may_be_finite(p.tokens[p.first + 1].lower, p)
    if any(may_be_finite(token.lower, p) for token in p.tokens[p.first : comma] if token.segment < 0):
        return True
    return comma - p.first >= 4 and first not in p.lexicon.prepositions and first not in p.lexicon.adverbs


def _is_apposed(p: Passage, closing: int) -> bool:
    """True if the comma closes an apposition of the subject: "Carla Dunn, its leader, said"."""
    end = noun_phrase(p, p.first, closing)
    if end is not None and p.is_at(end, ",") and p.tokens[end + 1].surface.isdigit() and p.is_at(end + 2, ","):
        end += 2  # "Carla Dunn, 41, its leader, said"
    if end == closing:
        return not any(may_be_finite(token.lower, p) for token in p.tokens[p.first : closing])
    if end is None or p.tokens[end].surface != ",":
        return False
    apposed = p.tokens[end + 1 : closing]
    return "," not in (token.surface for token in apposed) or not any(may_be_finite(t.lower, p) for t in apposed)


def _closes_apposition(p: Passage, comma: int) -> bool:
    """True if the comma closes an apposition that an earlier comma opened: "His wife, Grace Holm, said"."""
    end = noun_phrase(p, p.first, comma)
    return end is not None and end < comma and _is_apposed(p, comma)


def _around(p: Passage, comma: int, after: int) -> Range:
    closing = p.find(after, min(p.end, after + 10), *_COMMAS)
    if closing is not None and sentence_end(p) - closing > 4 and not p.tokens[closing + 1].lower.endswith("ing"):
        return p.first, clause_end(p, closing)
    return p.first, comma


@rule(
    Finding.INDIRECT,
    "en",
    confidence=0.85,
    matches="According to the ministry, forty homes were lost.",
    misses="Dress according to the weather.",
)
def according_to_source(p: Passage) -> Report | None:
    """According to X, …; …, according to X; per X, …"""
    found = phrase_reporter_en(p.near, p.at)
    if found is None or found.speaker is None or found.cue is None:
        return None
    last = past_parenthesis(p, found.speaker[1], p.end)
    if p.at - p.first <= 1:
        comma = p.find(last, min(p.end, last + 25), ",")
        if comma is None:
            return None
        return report(p, (comma + 1, clause_end(p, comma + 1)), found.speaker, found.cue)
    if not _is_statement(p, p.at):
        return None
    goes_on = p.is_at(last, ",") and sentence_end(p) - last > 4 and not _names_office(p, last + 1)
    return report(p, (p.first, clause_end(p, last)) if goes_on else (p.first, p.at), found.speaker, found.cue)


def _names_office(p: Passage, at: int) -> bool:
    """True if the rest of the sentence describes the source: "according to Carla Dunn, head of the union"."""
    end = noun_phrase(p, at, p.end)
    return end is not None and p.has_role(at, end)


@rule(
    Finding.INDIRECT,
    "en",
    confidence=0.8,
    matches="Police searched for a man whom witnesses said had run north.",
    misses="Police searched for a man whom witnesses had seen.",
)
def whom_clause(p: Passage) -> Report | None:
    """a man who(m) police said was armed; which critics say is too dear"""
    if p.verb is None or not p.has_in(p.low, p.at, p.lexicon.relative_pronouns):
        return None
    speaker = p.subject(p.at, p.end)
    if speaker is None or speaker[1] > p.at or not p.is_in(speaker[0] - 1, p.lexicon.relative_pronouns):
        return None
    if p.at + 1 >= p.end or not may_be_finite(p.tokens[p.at + 1].lower, p):
        return None
    end = clause_end(p, p.at + 1)
    comma = next((at for at in range(p.at + 1, end) if p.tokens[at].surface == ","), end)
    return report(p, (p.at + 1, comma), speaker, (p.at, p.at + 1))


@rule(
    Finding.INDIRECT,
    "en",
    confidence=0.8,
    matches="The mayor promised to rebuild the dam by May.",
    misses="The mayor hurried to rebuild the dam by May.",
)
def infinitive(p: Passage) -> Report | None:
    """vowed to rebuild; urged drivers to wait"""
    if p.tokens[p.at].lower not in p.lexicon.infinitive_verbs or p.verb is None:
        return None
    start = p.at + 1
    if _is_told(p):
        return None
    if not p.is_at(start, "to", "not"):
        addressee = noun_phrase(p, start, p.end) or _bare_addressee_end(p, start)
        if addressee is None:
            return None
        start = addressee - 1 if p.is_at(addressee - 1, "not") else addressee
        if p.is_at(start, "who", "with", "in", "near", "from"):  # "urged anyone who saw it to call"
            start = p.find(start, min(p.end, start + LONGEST_ATTRIBUTE), "to", ",") or start
    to = start + 1 if p.is_at(start, "not") else start
    if not p.is_at(to, "to") or to + 1 >= p.end or not p.tokens[to + 1].surface.islower():
        return None
    if p.tokens[to + 1].lower != "not" and p.tokens[to + 1].lower in p.lexicon.function_words:
        return None
    speaker = p.subject(p.at, start)
    return report(p, (start, clause_end(p, start)), speaker, (p.at, p.at + 1)) if speaker is not None else None


def _is_told(p: Passage) -> bool:
    """True if the subject of a headline was told what to do: "Residents urged to stay indoors"."""
    return p.is_at(p.at + 1, "to") and (p.is_at(p.at, "urged") or p.is_in(p.at, p.lexicon.telling_verbs))


def _bare_addressee_end(p: Passage, at: int) -> int | None:
    """The end of an addressee without an article: "hikers", "her"."""
    if at >= p.end:
        return None
    word, small = p.tokens[at].surface, p.lexicon.function_words
    is_plural = word.endswith("s") and word.islower() and word not in small
    return at + 1 if is_plural or p.tokens[at].lower in p.lexicon.object_pronouns else None


@rule(
    Finding.INDIRECT,
    "en",
    confidence=0.8,
    matches="The mayor repeated her view that the dam would hold.",
    misses="The mayor admired the view that the dam offered.",
)
def noun_that(p: Passage) -> Report | None:
    """her claim that …; a warning that …"""
    if p.tokens[p.at].lower not in p.lexicon.reporting_nouns or not p.is_at(p.at + 1, "that"):
        return None
    start = p.at + 2
    end = noun_phrase(p, start, p.end)
    if end is None or end >= p.end or not _is_finite(p, end):
        return None
    owner = noun_phrase(p, p.first, p.at) if p.low == p.first else None
    speaker = (p.first, owner) if owner is not None else None
    return report(p, (p.at + 1, clause_end(p, start)), speaker, (p.at, p.at + 1))


RULES: tuple[ReportRule, ...] = (
    said_that,
    according_to_source,
    whom_clause,
    infinitive,
    said_clause,
    clause_then_speaker,
    noun_that,
)
"""Tried in this order at each reporting word."""
