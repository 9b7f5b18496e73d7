"""German indirect speech that refers to words before it: Das sagte Holm. Demnach …; ein Bericht, wonach …"""

from __future__ import annotations

from pipeline.annotate.grammar.phrases import noun_phrase
from pipeline.annotate.grammar.reporters import sentence_reporter
from pipeline.annotate.grammar.subjects import subject_after
from pipeline.annotate.grammar.tokens import Range
from pipeline.annotate.indirect.clauses_de import first_clause, reporting_word
from pipeline.annotate.indirect.passage import Clause, Passage, Report, clause_end, report
from pipeline.annotate.rules import Finding, rule

LONGEST_OWNER = 8
"""Most tokens between a source and the "wonach" after it: "ein Bericht der Abendpost vom Montag, wonach"."""


@rule(
    Finding.INDIRECT,
    "de",
    confidence=0.85,
    matches="Das Bad bleibt bis Mai geschlossen. Das teilte die Stadt mit.",
    misses="Das Bad bleibt bis Mai geschlossen. Das ärgerte die Stadt.",
)
def sentence_before(p: Passage) -> Report | None:
    """… . Das sagte Holm am Dienstag. Davon geht die Polizei aus. Das wurde vom Amt bestätigt."""
    verb = p.first + 1
    if p.before is None or not p.is_in(p.first, p.lexicon.sentence_pronouns) or first_clause(p)[1] is not Clause.NONE:
        return None
    if p.tokens[p.end - 1].segment >= 0 or p.has(verb, p.high, ":"):
        return None
    speaker = None
    if p.at == verb and p.verb is not None:
        speaker = subject_after(p.near, p.at, p.high) or _origin(p)
    elif p.is_in(verb, p.lexicon.participle_auxiliaries):
        found = reporting_word(p, p.at)
        speaker = found[1] if found is not None else None
    if speaker is None or speaker[0] == p.first or _denies(p):
        return None
    return report(p, p.before, speaker, (p.at, p.at + 1))


def _denies(p: Passage) -> bool:
    """True if the word says that something is not so: "Das bestritt die Polizei"."""
    verbs = (*p.lexicon.verbs.get(p.tokens[p.at].lower, ()), p.lexicon.participles.get(p.tokens[p.at].lower))
    return any(verb is not None and verb.lemma in p.lexicon.denials for verb in verbs)


def _origin(p: Passage) -> Range | None:
    """The document in "Das geht aus einer Mitteilung hervor"."""
    start = p.at + 2
    end = noun_phrase(p, start, p.high) if p.is_at(p.at + 1, "aus") else None
    return (start, end) if end is not None else None


@rule(
    Finding.INDIRECT,
    "de",
    confidence=0.75,
    matches="Die Stadt hat einen Bericht vorgelegt. Demnach war die Pumpe defekt.",
    misses="Die Stadt hat eine Pumpe gekauft. Danach war die Pumpe defekt.",
)
def accordingly(p: Passage) -> Report | None:
    """Demnach …; … soll demnach …: according to something named before. After a document "danach" says the same."""
    if not p.is_at(p.at, "demnach", "demzufolge", "danach"):
        return None
    source = _document_in(p, p.before) or sentence_reporter(p, *p.before) if p.before is not None else None
    if p.is_at(p.at, "danach") and (source is None or p.at != p.first):
        return None
    first = p.at + 1 if p.at == p.first else p.first
    return report(p, (first, clause_end(p, first)), source, (p.at, p.at + 1))


def _document_in(p: Passage, sentence: Range) -> Range | None:
    """The last phrase of the sentence that names something written or found out: "einen Bericht"."""
    for at in range(sentence[1] - 1, sentence[0] - 1, -1):
        if not p.tokens[at].is_capitalised or (
            p.lexicon.source_kind(p.tokens[at].lower) is None
            or p.tokens[at].lower.endswith("zahl")
            or (p.is_at(p.at, "danach") and not p.lexicon.is_document(p.tokens[at].lower))
        ):
            continue
        start = at
        while start > sentence[0] and p.tokens[start - 1].surface.islower() and at - start < 4:
            start -= 1
            if (end := noun_phrase(p, start, sentence[1])) is not None and end > at:
                return start, end
        return at, at + 1
    return None


@rule(
    Finding.INDIRECT,
    "de",
    confidence=0.8,
    matches="Es gibt einen Bericht, wonach die Pumpe defekt war.",
    misses="Es gibt einen Bericht, in dem die Pumpe vorkommt.",
)
def whereby(p: Passage) -> Report | None:
    """ein Bericht, wonach …; Umfragen, nach denen …; Schätzungen, denen zufolge …"""
    opening = p.at
    if p.is_at(p.at, "nach", "zufolge"):
        pronoun = p.at + 1 if p.is_at(p.at, "nach") else p.at - 1
        if not p.is_at(pronoun, "dem", "der", "denen"):
            return None
        opening = min(p.at, pronoun)
    elif not p.is_at(p.at, "wonach"):
        return None
    if not p.is_at(opening - 1, ","):
        return None
    start = max(opening, p.at) + 1 if not p.is_at(p.at, "nach") else p.at + 2
    source = _told_before(p, opening - 1)
    if source is None or (p.is_noun_near(p.at + 1) and p.is_at(p.at, "nach")):
        return None
    end = next((at for at in range(start, clause_end(p, start)) if p.tokens[at].surface == ","), clause_end(p, start))
    is_inner = p.tokens[end].surface == "," and source[0] == p.first if end < p.end else False
    return report(p, (start, end if is_inner else clause_end(p, start)), source, (opening, start))


def _told_before(p: Passage, comma: int) -> Range | None:
    """The phrase before the comma whose noun can tell something: "einen Bericht", "Spekulationen"."""
    for at in range(comma - 1, max(p.first, comma - LONGEST_OWNER) - 1, -1):
        token = p.tokens[at]
        if not token.is_capitalised:
            continue
        is_medium = token.lower in p.lexicon.media
        if (
            not is_medium
            and p.lexicon.source_kind(token.lower) is None
            and not p.lexicon.is_reporting_noun(token.lower)
        ):
            continue
        start = at
        while start > p.first and p.tokens[start - 1].surface.islower() and at - start < 4:
            start -= 1
            if (end := noun_phrase(p, start, comma)) is not None and end > at:
                return start, end
        return at, at + 1
    return None
