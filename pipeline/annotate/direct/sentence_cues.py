"""Rules for cues elsewhere in the sentence: Holm sagte, man werde „…“ prüfen; nach Angaben der Polizei „…“."""

from __future__ import annotations

from pipeline.annotate.direct.adjacent_cues import participle_behind, verb_behind
from pipeline.annotate.direct.subordinate_clauses import clause_low
from pipeline.annotate.grammar.attribution import Attribution, Evidence, Situation, rule
from pipeline.annotate.grammar.phrases import (
    LONGEST_PHRASE,
    is_adjective_de,
    is_name_word,
    is_nominative,
    noun_phrase,
)
from pipeline.annotate.grammar.subjects import first_subject, subject_after, subject_of
from pipeline.annotate.grammar.verbs import verb_at
from pipeline.annotate.grammar.view import Range
from pipeline.annotate.lexicon import Frame, Verb

OWN_DE = frozenset({"eigenen", "eigener"})
"""nach eigenen Angaben: of whoever the sentence is about."""


@rule(
    confidence=0.85,
    evidence=Evidence.SENTENCE,
    matches="Nach den Worten von Ministerin Holm ist die Lage „ernst, aber beherrschbar“.",
    misses="Nach der Sitzung war die Lage „ernst, aber beherrschbar“.",
)
def according_to(s: Situation) -> Attribution | None:
    """laut X, X zufolge, nach Angaben von X, according to X, in the words of X, “…,” per X."""
    left = range(s.at - 1, s.first - 1, -1)
    right = range(s.at + 1, s.end)
    for at in (*left, *right):
        found = source_de(s, at) if s.lexicon.language == "de" else source_en(s, at)
        if found is not None and not (found.speaker and found.speaker[0] <= s.at < found.speaker[1]):
            return found
    return None


def source_de(s: Situation, at: int) -> Attribution | None:
    """The source that "laut", "gemäß", "nach" or "zufolge" at `at` names."""
    tokens, lexicon = s.tokens, s.lexicon
    word = tokens[at].lower
    if word in lexicon.source_prepositions:
        end = _source_phrase(s, at + 1)
        return Attribution((at + 1, end), (at, at + 1)) if end is not None else None
    if word == "zufolge":
        for start in range(max(s.first, at - 12), at):
            if noun_phrase(s, start, at) == at and not _is_second_word(s, start):
                return Attribution((start, at), (at, at + 1))
        return None
    return _source_after(s, at) if word == "nach" else None


def _source_phrase(s: Situation, at: int) -> int | None:
    """ "der Polizei", "„Abendpost“": a phrase or a name in marks."""
    end = noun_phrase(s, at, s.end)
    if at < s.end and s.tokens[at].segment >= 0:
        return at + 1
    if end is None and at + 1 < s.end and s.tokens[at + 1].segment >= 0 and s.tokens[at].surface.islower():
        return at + 2
    if end is not None and end < s.end and s.tokens[end].segment >= 0 and end - at <= 3 and end != s.at:
        return end + 1
    return end


def _source_after(s: Situation, nach: int) -> Attribution | None:
    """nach Angaben der Polizei, nach Polizeiangaben, nach den Worten des Ministers, nach einer Studie."""
    tokens, lexicon = s.tokens, s.lexicon
    noun = nach + 1
    while noun < min(s.end, nach + 5) and tokens[noun].surface.islower() and tokens[noun].is_word:
        noun += 1
    if noun >= s.end or not tokens[noun].is_capitalised:
        return None
    kind = lexicon.source_kind(tokens[noun].lower)
    if kind is None or (kind == "document" and not _is_indefinite(s, nach + 1, noun)):
        return None
    cue = (nach, nach + 1)
    if tokens[noun - 1].lower in OWN_DE:
        return Attribution(_subject_at(s, nach) or first_subject(s, s.first, s.end), cue)
    start = noun + 1
    if kind == "document" or (kind == "compound" and not s.is_at(start, "von", "vom", "der", "des", "aus")):
        end = noun_phrase(s, nach + 1, s.end)
        return Attribution((nach + 1, end) if end is not None else (noun, noun + 1), cue)
    if s.is_at(start, "von", "vom", "aus"):
        start += 1
    end = _source_phrase(s, start) if start > noun + 1 or _is_genitive(s, start) else None
    return Attribution((start, end), cue) if end is not None else Attribution((nach + 1, noun + 1), cue)


def _subject_at(s: Situation, stop: int) -> Range | None:
    """The phrase that ends there: "war die Gruppe nach eigener Aussage am Ziel"."""
    for start in range(max(s.first, stop - LONGEST_PHRASE), stop):
        if noun_phrase(s, start, stop) == stop and is_nominative(s, start):
            return start, stop
    return None


def _is_genitive(s: Situation, at: int) -> bool:
    """ "der Polizei", "politischer Beobachter", "Holms", "„Abendpost“"."""
    if at >= s.end:
        return False
    token = s.tokens[at]
    if token.segment >= 0 or is_name_word(token, s.lexicon) or token.lower == "der":
        return True
    if token.lower in s.lexicon.determiners_oblique:
        return token.lower not in {"den", "dem", "einen", "einem"}
    follower = s.tokens[at + 1] if at + 1 < s.end else None
    return (
        token.lower.endswith("er")
        and is_adjective_de(token, s.lexicon)
        and follower is not None
        and follower.is_capitalised
    )


def _is_indefinite(s: Situation, first: int, noun: int) -> bool:
    """ "nach einer Studie", "nach ersten Berichten": a known document rather marks a time, "nach dem Urteil"."""
    if first == noun:
        return s.tokens[noun].lower.endswith("en")
    return s.tokens[first].lower not in {"dem", "der", "den", "seinem", "seiner", "ihrem", "ihrer", "diesem", "dieser"}


def _is_second_word(s: Situation, at: int) -> bool:
    before = s.tokens[at - 1] if at > s.first else None
    return before is not None and before.surface.islower() and before.lower in s.lexicon.determiners_oblique


def source_en(s: Situation, at: int) -> Attribution | None:
    if s.is_at(at, "according") and s.is_at(at + 1, "to"):
        start = at + 2
    elif s.is_at(at, "in") and s.is_at(at + 1, "the") and s.is_at(at + 2, "words") and s.is_at(at + 3, "of"):
        start = at + 4
    elif s.is_at(at, "per") and at == s.after and s.is_set_off:
        start = at + 1
    else:
        return None
    end = noun_phrase(s, start, s.end)
    return Attribution((start, end), (at, start)) if end is not None else None


@rule(
    confidence=0.85,
    evidence=Evidence.LABEL,
    matches="Kowalski nannte den Plan „völlig unbrauchbar“.",
    misses="Kowalski schloss das Lokal „Zum Anker“.",
)
def label_verb(s: Situation) -> Attribution | None:
    """nannte es „…“, bezeichnete sie als „…“, sprach von „…“; called it “…”"""
    for at in range(s.at - 1, max(clause_low(s), s.at - 20) - 1, -1):
        if s.tokens[at].surface == ";":
            return None
        verb = verb_at(s, at, s.end)
        if verb is None:
            continue
        if verb.frame is not Frame.LABEL or not _marker_is_near(s, verb, at):
            return None
        return Attribution(subject_of(s, at), (at, at + 1))
    return None


def _marker_is_near(s: Situation, verb: Verb, at: int) -> bool:
    if verb.needs in {"als", "von", "as", "of"}:
        return any(token.lower in {verb.needs, "vom"} for token in s.tokens[max(at, s.at - 8) : s.at])
    return True


@rule(
    confidence=0.8,
    evidence=Evidence.SENTENCE,
    matches="Kowalski sagte, man habe „keine Zeit zu verlieren“.",
    misses="Kowalski fand, das Album „Keine Zeit“ sei zu lang.",
)
def clause_before(s: Situation) -> Attribution | None:
    """Holm sagte, man werde „…“; Smith said it was “…”"""
    for at in range(s.at - 1, clause_low(s) - 1, -1):
        if s.tokens[at].surface == ";":
            return None
        if s.tokens[at].segment < 0 and verb_at(s, at, s.end) is not None:
            speaker = subject_of(s, at)
            if speaker is not None:
                return Attribution(speaker, (at, at + 1))
    return None


@rule(
    confidence=0.8,
    evidence=Evidence.SENTENCE,
    matches="Kowalski hat den Plan „trotz aller Bedenken“ begrüßt.",
    misses="Kowalski hat den Plan „trotz aller Bedenken“ gekauft.",
)
def perfect_tense(s: Situation) -> Attribution | None:
    """Holm hat … „…“ bestätigt; er habe geschrieben, sie seien „…“; „…“ bezeichnet worden, by nobody."""
    if s.lexicon.language != "de":
        return None
    auxiliary = next((at for at in range(s.first, s.at) if s.tokens[at].lower in s.lexicon.auxiliaries), None)
    if auxiliary is None:
        return None
    participle = participle_behind(s, auxiliary + 1)
    if participle is None:
        return None
    is_passive = s.tokens[auxiliary].lower[0] == "w" or s.is_at(participle + 1, "worden")
    speaker = None if is_passive else subject_of(s, auxiliary)
    return Attribution(speaker, (participle, participle + 1)) if is_passive or speaker is not None else None


@rule(
    confidence=0.8,
    evidence=Evidence.SENTENCE,
    matches="Die Lage sei „ernst, aber beherrschbar“ geblieben, sagte Kowalski.",
    misses="Die Lage sei „ernst, aber beherrschbar“ geblieben, sang Kowalski.",
)
def clause_behind(s: Situation) -> Attribution | None:
    """… „…“ seien nötig, sagte Holm; … “…” in May, Smith said."""
    tokens, lexicon = s.tokens, s.lexicon
    for at in range(s.at + 1, s.end):
        token = tokens[at]
        if token.surface not in {",", "–", "—"} or at + 1 >= s.end:
            continue
        if lexicon.language == "de" and tokens[at + 1].lower == "so":
            end = noun_phrase(s, at + 2, s.end)
            if end is not None and (
                end >= s.end
                or tokens[end].surface in {".", ",", "(", ";", "in", "im", "zu"}
                or tokens[end].surface.islower()
            ):
                return Attribution((at + 2, end), (at + 1, at + 2))
        if verb_at(s, at + 1, s.end) is not None:
            speaker = subject_after(s, at + 1, s.end)
            if speaker is not None:
                return Attribution(speaker, (at + 1, at + 2))
        if lexicon.language == "de" and tokens[at + 1].lower == "wie":
            verb = next((i for i in range(at + 2, s.end) if verb_at(s, i, s.end)), None)
            end = noun_phrase(s, at + 2, s.end)
            if verb is not None and end is not None:
                return Attribution((at + 2, end), (verb, verb + 1))
        if lexicon.language == "en":
            end = noun_phrase(s, at + 1, s.end)
            verb = verb_behind(s, end) if end is not None else None
            if end is not None and verb is not None:
                return Attribution((at + 1, end), (verb, verb + 1))
    return None
