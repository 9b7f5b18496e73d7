"""Rules for cues elsewhere in the sentence: Holm sagte, man werde „…“ prüfen; nach Angaben der Polizei „…“."""

from __future__ import annotations

from pipeline.annotate.direct.situation import Evidence, Situation, marked_rule
from pipeline.annotate.grammar.actors import passive_agent
from pipeline.annotate.grammar.phrases import noun_phrase
from pipeline.annotate.grammar.reporters import parenthesis_reporter, phrase_reporter_de, phrase_reporter_en
from pipeline.annotate.grammar.subjects import (
    first_subject,
    relative_subject,
    subject_after,
    subject_before,
    subject_of,
)
from pipeline.annotate.grammar.tokens import Attribution, Range
from pipeline.annotate.grammar.verbs import participle_after, verb_at
from pipeline.annotate.lexicon import Frame, Verb


@marked_rule(
    "de",
    confidence=0.85,
    evidence=Evidence.SENTENCE,
    matches="Nach den Worten von Ministerin Holm ist die Lage „ernst, aber beherrschbar“.",
    misses="Nach der Sitzung war die Lage „ernst, aber beherrschbar“.",
)
def according_to(s: Situation) -> Attribution | None:
    """laut X, X zufolge, nach Angaben von X, according to X, in the words of X, “…,” per X."""
    left = range(s.at - 1, s.first - 1, -1)
    right = range(s.at + 1, s.end)
    starts = s.lexicon.source_starts
    for at in (at for at in (*left, *right) if s.tokens[at].lower in starts):
        found = phrase_reporter_de(s, at, s.at) if s.is_german else phrase_reporter_en(s, at)
        if found is not None and not (found.speaker and found.speaker[0] <= s.at < found.speaker[1]):
            return found
    return None


@marked_rule(
    "de",
    confidence=0.85,
    evidence=Evidence.LABEL,
    matches="Kowalski nannte den Plan „völlig unbrauchbar“.",
    misses="Kowalski schloss das Lokal „Zum Anker“.",
)
def label_verb(s: Situation) -> Attribution | None:
    """nannte es „…“, bezeichnete sie als „…“, sprach von „…“; als „…“ bezeichnete es Holm; called it “…”"""
    if (after := _label_after(s)) is not None:
        return after
    for at in range(s.at - 1, max(s.first, s.at - 20) - 1, -1):
        if s.tokens[at].surface == ";":
            return None
        verb = verb_at(s, at, s.end)
        if verb is None:
            continue
        if verb.frame is not Frame.LABEL or not _marker_is_near(s, verb, at):
            return None
        if s.is_german and at == s.at - 1 and verb.needs is None and subject_before(s, s.first, at) is not None:
            return None  # "Der Bericht nennt „Abendpost“ und …": an example, since nothing is named so
        return Attribution(subject_of(s, at, s.at), (at, at + 1))
    return None


def _label_after(s: Situation) -> Attribution | None:
    """The verb of naming after "als „…“": „… als „…“ bezeichnete", "Als „…“ bezeichnete Holm den Plan"."""
    if not s.is_german or not s.has(max(s.first, s.at - 4), s.at, "als"):
        return None
    for at in range(s.at + 1, min(s.end, s.at + 6)):
        if s.tokens[at].surface in _ENDS:
            return None
        verb = verb_at(s, at, s.at) or next(
            (v for v in s.lexicon.verbs.get(s.tokens[at].lower, ()) if v.needs == "als"), None
        )
        if verb is None or verb.frame is not Frame.LABEL:
            continue
        if s.tokens[at].lower in s.lexicon.participles and (
            s.has_in(s.first, s.at, s.lexicon.participle_auxiliaries) or s.is_in(at + 1, s.lexicon.passive_forms)
        ):
            return None
        speaker = relative_subject(s, s.first, at) or subject_after(s, at, s.end)
        if speaker is None:
            opener = _opener(s)
            speaker = subject_after(s, opener, s.at) if opener is not None else None
        return Attribution(speaker, (at, at + 1))
    return None


def _marker_is_near(s: Situation, verb: Verb, at: int) -> bool:
    if verb.needs in s.lexicon.label_markers:
        return any(token.lower in {verb.needs, "vom"} for token in s.tokens[max(at, s.at - 8) : s.at])
    return True


@marked_rule(
    "de",
    confidence=0.8,
    evidence=Evidence.SENTENCE,
    matches="Kowalski sagte, man habe „keine Zeit zu verlieren“.",
    misses="Kowalski fand, das Album „Keine Zeit“ sei zu lang.",
)
def clause_before(s: Situation) -> Attribution | None:
    """Holm sagte, man werde „…“; Smith said it was “…”"""
    for at in range(s.at - 1, s.first - 1, -1):
        if s.tokens[at].surface == ";":
            return None
        if s.tokens[at].segment < 0 and verb_at(s, at, s.end) is not None and not _describes(s, at):
            speaker = subject_of(s, at, s.at)
            if speaker is not None:
                return Attribution(speaker, (at, at + 1))
    return _noun_before(s)


def _describes(s: Situation, at: int) -> bool:
    """True if the word is a participle that describes a noun: "The plan | announced by Holm was “a bad idea”"."""
    return s.is_at(at + 1, "by") and s.has_in(at + 2, s.at, s.lexicon.auxiliaries)


def _noun_before(s: Situation) -> Attribution | None:
    """The noun that the marked words explain: "kam zu dem Ergebnis, „dass …“"."""
    noun = s.at - 2
    if not s.is_german or not s.is_at(s.at - 1, ",") or noun < s.first or not s.tokens[noun].is_capitalised:
        return None
    if not s.lexicon.is_reporting_noun(s.tokens[noun].lower):
        return None
    return Attribution(first_subject(s, s.first, noun), (noun, noun + 1))


@marked_rule(
    "de",
    confidence=0.8,
    evidence=Evidence.SENTENCE,
    matches="Kowalski hat den Plan „trotz aller Bedenken“ begrüßt.",
    misses="Kowalski hat den Plan „trotz aller Bedenken“ gekauft.",
)
def perfect_tense(s: Situation) -> Attribution | None:
    """Holm hat … „…“ bestätigt; er habe geschrieben, sie seien „…“; „…“ bezeichnet worden, which has no speaker."""
    if not s.is_german:
        return None
    auxiliary = next((at for at in range(s.first, s.at) if s.tokens[at].lower in s.lexicon.auxiliaries), None)
    if auxiliary is None:
        return None
    participle = participle_after(s, auxiliary + 1)
    if participle is None:
        return None
    is_passive = s.tokens[auxiliary].lower[0] == "w" or s.is_at(
        participle + 1, "worden", "werden", *s.lexicon.passive_forms
    )
    speaker = passive_agent(s, participle) if is_passive else subject_of(s, auxiliary, s.at)
    return Attribution(speaker, (participle, participle + 1)) if is_passive or speaker is not None else None


@marked_rule(
    "de",
    confidence=0.8,
    evidence=Evidence.SENTENCE,
    matches="Die Lage sei „ernst, aber beherrschbar“ geblieben, sagte Kowalski.",
    misses="Die Lage sei „ernst, aber beherrschbar“ geblieben, sang Kowalski.",
)
def clause_after(s: Situation) -> Attribution | None:
    """… „…“ seien nötig, sagte Holm; … “…” in May, Smith said."""
    return parenthesis_reporter(s, s.at)


WIDEST_CLAUSE = 25
"""Most tokens from the conjunction of a clause to the marks, and from the marks to the verb."""
_ENDS = frozenset(",.;:!?–—\n")


@marked_rule(
    "de",
    confidence=0.85,
    evidence=Evidence.SENTENCE,
    matches="Der Rat blieb ruhig, während Kowalski den Plan als „völlig unbrauchbar“ zurückwies.",
    misses="Kowalski sprach lange, während im Saal „völlig unbrauchbare“ Stühle standen.",
)
def verb_final(s: Situation) -> Attribution | None:
    """…, während Holm den Vorwurf als „…“ zurückwies; …, weil er „…“ gesagt habe; …, die es „…“ nannte."""
    opener = _opener(s)
    if opener is None or s.tokens[opener].lower not in s.lexicon.clause_openers | s.lexicon.relative_pronouns:
        return None
    end = _clause_end(s)
    last = end - 1
    if last > s.at and s.tokens[last].lower in s.lexicon.auxiliaries and _participle_quotes(s, last - 1):
        last -= 1
    elif last <= s.at or verb_at(s, last, end) is None:
        return None
    if s.tokens[opener].lower in s.lexicon.relative_pronouns:
        speaker = relative_subject(s, s.first, last)
    else:
        speaker = subject_after(s, opener, s.at) or _subject_of_while(s, opener)
    return Attribution(speaker, (last, last + 1)) if speaker is not None else None


def _subject_of_while(s: Situation, opener: int) -> Range | None:
    """The subject after "während". Before a genitive "während" is a preposition, and there is no subject."""
    oblique = s.lexicon.determiners_oblique - s.lexicon.determiners_nominative
    if not s.is_at(opener, "während") or s.tokens[opener + 1].lower in oblique:
        return None
    end = noun_phrase(s, opener + 1, s.at)
    return (opener + 1, end) if end is not None else None


def _participle_quotes(s: Situation, at: int) -> bool:
    verb = s.lexicon.participles.get(s.tokens[at].lower)
    is_passive = s.tokens[at + 1].lower[0] == "w" or s.is_at(at + 1, "ist", "sei")
    return at > s.at and verb is not None and verb.frame not in {Frame.CLAUSE, Frame.NONE} and not is_passive


def _opener(s: Situation) -> int | None:
    """The first word of the clause that the marks stand in."""
    if not s.is_german:
        return None
    for at in range(s.at - 1, max(s.first, s.at - WIDEST_CLAUSE) - 1, -1):
        if s.tokens[at].surface in _ENDS:
            return at + 1
    return s.first


def _clause_end(s: Situation) -> int:
    return next((at for at in range(s.at + 1, s.end) if s.tokens[at].surface in _ENDS), s.end)
