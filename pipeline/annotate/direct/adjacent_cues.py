"""Rules for cues next to the quotation marks: „…“, sagte Holm. Holm sagte: „…“

A cue is the word that shows that somebody is quoted, usually a reporting verb. All words between two quotation marks
are one token, here called the quotation: `s.at`. `s.after` is the first token after it and its comma. The sentence
begins at `s.first` and ends before `s.end`.

A rule returns the tokens of the speaker and of the cue, or None if it does not apply. An `Attribution` without a
speaker means that the words are quoted, but the text does not say from whom. `attribution.RULES` orders the rules.

A rule reads German and English unless it tests `s.is_german`. The language that `marked_rule` names is only that of the
two examples: in `matches` the rule finds a quotation, in `misses` it must find none.
"""

from __future__ import annotations

from pipeline.annotate.direct.situation import Evidence, Situation, marked_rule
from pipeline.annotate.grammar.actors import may_be_somebody
from pipeline.annotate.grammar.appositions import past_parenthesis, through_apposed_name
from pipeline.annotate.grammar.capitals import name_end
from pipeline.annotate.grammar.coordination import with_partner_after
from pipeline.annotate.grammar.phrases import REACH, is_nominative, noun_phrase
from pipeline.annotate.grammar.reporters import reporting_verb_after
from pipeline.annotate.grammar.subjects import subject_after, subject_of
from pipeline.annotate.grammar.tokens import Attribution, Range
from pipeline.annotate.grammar.verbs import participle_after, verb_at

_NEAR_TOKENS = 10
"""Maximum number of tokens between the quotation and the far end of "Holm:", "wie Holm sagte," or ", as she put it"."""


@marked_rule(
    "de",
    confidence=0.95,
    evidence=Evidence.ADJACENT,
    matches="„Wir bleiben dabei, und das sofort“, hieß es in der Erklärung.",
    misses="„Sommer ohne Ende“ heißt der neue Roman der Autorin.",
)
def said_in_document(s: Situation) -> Attribution | None:
    """hieß es in der Mitteilung; in dem Brief heißt es: …

    The speaker is the document. The verb is up to 3 tokens after the quotation or 14 before it. "heißen" counts only
    with "es" next to it, since it also means "to be called"; "stehen", the only other verb, only before a colon.
    """
    if not s.is_german:
        return None
    for at in (*range(s.after, min(s.end, s.at + 4)), *range(s.at - 1, max(s.first, s.at - 14) - 1, -1)):
        if s.tokens[at].lower not in s.lexicon.document_verbs:
            continue
        is_heissen = s.tokens[at].lower[0] == "h"
        if is_heissen and not (s.is_at(at + 1, "es") or s.is_at(at - 1, "es")):
            continue
        if not is_heissen and not s.is_at(s.at - 1, ":"):
            continue
        cue = (at, at + 1)
        return Attribution(_document_near(s, at), cue)
    return None


def _document_near(s: Situation, verb: int) -> Range | None:
    """The document in a phrase such as "in der Mitteilung", after the verb or right before it; None if it is missing.

    A phrase with a weekday is a time: "hieß es am Montag".
    """
    comma = s.find(verb + 1, min(s.end, verb + 6), ",")
    for at in (*range(verb + 1, comma or min(s.end, verb + 6)), *range(verb - 1, max(s.first, verb - 14) - 1, -1)):
        if s.tokens[at].surface == ",":  # before the verb: the search after it stops at the comma
            return _document_first(s)
        if s.tokens[at].lower in s.lexicon.marked_document_prepositions:
            end = noun_phrase(s, at + 1, s.end)
            if s.is_at(at, "auf") and s.has(at, end or at, "anfrage", "anfragen", "nachfrage"):
                return None  # they were asked, nothing is written there
            if end is not None and (at > verb or end >= verb - 1) and s.tokens[at + 1].lower not in s.lexicon.weekdays:
                return at + 1, end
    return None


def _document_first(s: Situation) -> Range | None:
    """The document that begins the sentence, before a clause about it: "In dem Brief, den sie schrieb, heißt es: …"."""
    if s.tokens[s.first].lower not in s.lexicon.marked_document_prepositions:
        return None
    end = noun_phrase(s, s.first + 1, s.end)
    return (s.first + 1, end) if end is not None and s.tokens[end].surface in {",", "("} else None


@marked_rule(
    "de",
    confidence=0.95,
    evidence=Evidence.ADJACENT,
    matches="„Das ist mutig“, so Kowalski.",
    misses="„Sturmtief“ sorgte gestern für volle Keller, so Kowalski.",
)
def so_speaker(s: Situation) -> Attribution | None:
    """„…“, so Holm; „…“, so der Kanzler; so Holm weiter: „…“

    After a quotation "so" means "according to". A verb may follow: „…“, so sagt Holm.
    """
    if s.is_german and s.is_at(s.at - 1, ":"):
        return _so_before(s)
    if not s.is_german or not s.is_at(s.after, "so"):
        return None
    at = s.after + 1
    if at < s.end and verb_at(s, at, s.end) is not None:
        phrase = subject_after(s, at, s.end)
        return Attribution(phrase, (at, at + 1))
    end = noun_phrase(s, at, s.end)
    if end is None:
        return None
    speaker = with_partner_after(s, (at, _through_apposed_name(s, at, end)), s.end)
    return Attribution(speaker, (s.after, s.after + 1))


def _so_before(s: Situation) -> Attribution | None:
    """The source in "so Holm weiter:" before the quotation."""
    for at in range(s.at - 3, max(s.first, s.at - _NEAR_TOKENS) - 1, -1):
        end = noun_phrase(s, at + 1, s.at - 1) if s.is_at(at, "so") else None
        if end is not None and is_nominative(s, at + 1):
            fills_gap = end == s.at - 1 or (end == s.at - 2 and s.tokens[end].lower in s.lexicon.adverbs)
            return Attribution((at + 1, end), (at, at + 1)) if fills_gap else None
    return None


def _through_apposed_name(s: Situation, at: int, end: int) -> int:
    """The end of the phrase with the name after its office: "so die Leiterin, Karin Holm"; `end` if no name follows."""
    if s.is_at(end, ",") and s.lexicon.is_role(s.tokens[end - 1].surface):
        name = name_end(s, end + 1, s.end)
        if name > end + 2:
            return name
    return end


@marked_rule(
    "de",
    confidence=0.95,
    evidence=Evidence.ADJACENT,
    matches="„Das Netz hält“, sagte am Abend die Ingenieurin.",
    misses="„Das Netz“ sagte ihm nichts.",
)
def verb_speaker(s: Situation) -> Attribution | None:
    """„…“, sagte Holm; “…,” said Marsh; „…“, hatte Holm erklärt."""
    at = s.after
    if at >= s.end or not (s.is_set_off or s.is_at(s.at - 1, "worten")):
        return None
    verb = verb_at(s, at, s.end)
    if verb is not None:
        speaker = _cited(s, at) or subject_after(s, at, s.end)
        return Attribution(speaker, (at, at + 1)) if speaker is not None else None
    if s.is_german and s.tokens[at].lower in s.lexicon.auxiliaries:
        participle = participle_after(s, at + 1)
        speaker = subject_after(s, at, s.end)
        if participle is not None and speaker is not None:
            return Attribution(speaker, (participle, participle + 1))
    return None


@marked_rule(
    "de",
    confidence=0.75,
    evidence=Evidence.CLAUSE,
    matches="„Das Wasser ist endlich weg“, strahlte Bürgermeisterin Karin Holm.",
    misses="„Das Wasser ist endlich weg“, steht auf dem Plakat.",
)
def any_verb_speaker(s: Situation) -> Attribution | None:
    """„…“, strahlte Holm; „…“, zeigte sich der Trainer zufrieden; “…,” she emailed: any verb of a person or a group."""
    verb = s.tokens[s.after] if s.after < s.end else None
    if not s.is_german:
        return _any_verb_en(s)
    if verb is None or not s.is_set_off or not s.is_at(s.at + 1, ","):
        return None
    if not verb.surface.islower():
        return None
    if verb.lower in s.lexicon.function_words and verb.lower not in s.lexicon.auxiliaries:
        return None
    speaker = subject_after(s, s.after, s.end)
    if speaker is None or not verb.lower.endswith(("t", "te", "ten", "en", "ß", "f", "g", "b", "h", "d")):
        return None
    return Attribution(speaker, (s.after, s.after + 1)) if may_be_somebody(s, speaker) else None


def _any_verb_en(s: Situation) -> Attribution | None:
    """“…,” she emailed; “…,” Marsh shot back; “…,” its chair, Tim Marsh, began: any verb that ends its clause."""
    end = noun_phrase(s, s.after, s.end) if s.is_set_off and s.after < s.end else None
    if end is None or not may_be_somebody(s, (s.after, end)):
        return None
    commas = (at for at in range(end + 1, min(s.end, end + REACH)) if s.is_at(end, ",") and s.is_at(at, ","))
    verb = next((at for at in (end, *(comma + 1 for comma in commas)) if at < s.end and _ends_clause(s, at)), None)
    if verb is None:
        return None
    return Attribution((s.after, through_apposed_name(s, s.after, end, s.end)), (verb, verb + 1))


def _ends_clause(s: Situation, at: int) -> bool:
    """True if a word that may be a verb ends a clause here."""
    verb = s.tokens[at]
    if not verb.surface.islower() or verb.lower in s.lexicon.function_words:
        return False
    if at + 1 >= s.end or not s.tokens[at + 1].is_word or s.is_at(at + 1, "back"):
        return True
    return verb.surface.endswith(("ed", "s")) and s.is_in(at + 1, s.lexicon.prepositions)


def _cited(s: Situation, verb: int) -> Range | None:
    """Who is cited after the paper that cites: "zitiert die Abendpost den Minister"."""
    if s.tokens[verb].lower not in s.lexicon.citing_verbs:
        return None
    paper = subject_after(s, verb, s.end)
    end = noun_phrase(s, paper[1], s.end) if paper is not None else None
    return (paper[1], end) if paper is not None and end is not None else None


@marked_rule(
    "en",
    confidence=0.95,
    evidence=Evidence.ADJACENT,
    matches="“The bridge is safe,” the chief engineer said.",
    misses="“The Bridge” made the chief engineer famous.",
)
def speaker_verb(s: Situation) -> Attribution | None:
    """“…,” Marsh said; “…,” Smith, a professor at Leeds, told the BBC."""
    if s.is_german or s.after >= s.end or not s.is_set_off:
        return None
    end = noun_phrase(s, s.after, s.end)
    if end is None:
        return None
    verb = reporting_verb_after(s, end)
    if verb is None:
        return None
    return Attribution((s.after, through_apposed_name(s, s.after, end, s.end)), (verb, verb + 1))


@marked_rule(
    "de",
    confidence=0.95,
    evidence=Evidence.ADJACENT,
    matches="Die Zeitung zitiert Ruth Adler mit den Worten: „Wir haben gewartet.“",
    misses="Die Zeitung druckte am Montag: „Wir haben gewartet.“",
)
def quoted_speaker(s: Situation) -> Attribution | None:
    """X wird mit den Worten zitiert: …; die Zeitung zitiert X; the paper quoted X as saying; X was quoted as saying."""
    after = range(s.after, min(s.end, s.after + _NEAR_TOKENS)) if s.is_set_off and not s.is_german else ()
    for at in (*range(s.at - 1, max(s.first, s.at - 30) - 1, -1), *after):
        if s.tokens[at].lower not in s.lexicon.citing_verbs:
            continue
        stop = s.at if at < s.at else s.end
        before = range(at - 1, max(s.first, at - 20) - 1, -1)
        passive = next((i for i in before if s.tokens[i].lower in s.lexicon.passive_auxiliaries), None)
        if passive is not None:
            speaker = subject_of(s, passive, s.at)
        else:
            start = at + 2 if s.is_at(at + 1, "dazu", "hierzu") else at + 1
            end = noun_phrase(s, start, stop)
            speaker = (start, end) if end is not None else subject_of(s, at, s.at)
        return Attribution(speaker, (at, at + 1))
    return None


@marked_rule(
    "de",
    confidence=0.9,
    evidence=Evidence.ADJACENT,
    matches="Sie floh vor der, wie Kowalski sagte, „großen Stille“.",
    misses="Sie floh, wie Kowalski floh, „Das Ende“ im Koffer.",
)
def as_put(s: Situation) -> Attribution | None:
    """die, wie Holm sagte, „…“; the, as she put it, “…”; “…,” was all she would say; “…,” came the reply from Holm."""
    if not s.is_german and s.is_at(s.after, "as", "is", "was", "came") and (found := _put_after(s)) is not None:
        return found
    if not s.is_at(s.at - 1, ","):
        return None
    for at in range(s.at - 3, max(s.first, s.at - _NEAR_TOKENS) - 1, -1):
        if not (s.is_at(at, "wie", "as") and s.is_at(at - 1, ",")):
            continue
        end = noun_phrase(s, at + 1, s.at)
        verb = next((i for i in range(end or s.at, s.at - 1) if _puts(s, i)), None)
        return Attribution((at + 1, end), (verb, verb + 1)) if end is not None and verb is not None else None
    return None


def _put_after(s: Situation) -> Attribution | None:
    """“…”, as she put it; “…,” is how she puts it; “…,” was all he would say; “…,” came the reply from Marsh."""
    start = s.after + 1
    if s.is_at(s.after, "as") or s.is_at(start, "how", "all", "what"):
        start += not s.is_at(s.after, "as")
        put = next((i for i in range(start, min(s.end, s.after + _NEAR_TOKENS)) if s.is_at(i, "put", "puts")), s.end)
        end = noun_phrase(s, start, put)
        verb = next((i for i in range(end or s.end, min(s.end, s.after + _NEAR_TOKENS)) if _puts(s, i)), None)
        return Attribution((start, end), (verb, verb + 1)) if end is not None and verb is not None else None
    if not s.is_set_off or not s.is_at(start, "the"):
        return None
    at = s.find(start, min(s.end, s.after + _NEAR_TOKENS), "from", "of")
    end = noun_phrase(s, at + 1, s.end) if at is not None else None
    if at is None or end is None or not may_be_somebody(s, (at + 1, end)):
        return None
    return Attribution((at + 1, end), (at - 1, at))


def _puts(s: Situation, at: int) -> bool:
    """True if a quoting verb or "put it" is at `at`."""
    return verb_at(s, at, s.end) is not None or (s.is_at(at, "put", "puts") and s.is_at(at + 1, "it"))


@marked_rule(
    "de",
    confidence=0.9,
    evidence=Evidence.ADJACENT,
    matches="Am Dienstag sagte Kowalski: „Das Wasser sinkt.“",
    misses="Auf dem Schild am Tor: „Betreten verboten, das Eis trägt nicht.“",
)
def verb_colon(s: Situation) -> Attribution | None:
    """Holm sagte: „…“; Smith told the BBC: “…”; sagte Holm dem Sender: „…“"""
    if not (s.is_at(s.at - 1, ":") or (s.is_at(s.at - 1, ",") and not s.is_german and _has_verb_before_comma(s))):
        return None
    for at in range(s.at - 2, max(s.first, s.at - REACH) - 1, -1):
        if verb_at(s, at, s.end) is None:
            continue
        speaker = subject_of(s, at, s.at)
        if speaker is not None:
            return Attribution(speaker, (at, at + 1))
    return None


def _has_verb_before_comma(s: Situation) -> bool:
    """True if a reporting verb stands before the comma: She said, “…”"""
    return any(s.tokens[at].lower in s.lexicon.verbs for at in range(max(s.first, s.at - 8), s.at - 1))


@marked_rule(
    "de",
    confidence=0.9,
    evidence=Evidence.ADJACENT,
    matches="Kowalski: „Wir haben lange gewartet.“",
    misses="Zum Thema Wasser: „Wir haben lange gewartet.“",
)
def name_colon(s: Situation) -> Attribution | None:
    """Holm: „…“: only the speaker stands before the colon; in English also Said Marsh: “…”"""
    if not s.is_at(s.at - 1, ":") or s.at - s.first > _NEAR_TOKENS:
        return None
    start = s.first + 1 if _opens_with_verb(s) else s.first
    end = noun_phrase(s, start, s.at - 1)
    if end is None or past_parenthesis(s, end, s.at) != s.at - 1 or not is_nominative(s, start):
        return None
    return Attribution((start, end), (s.first, start) if start > s.first else None)


def _opens_with_verb(s: Situation) -> bool:
    """True if a verb opens the sentence: "Said Marsh", "Asks Smith".

    The base form does not count, because it may be a noun: "Claim", "Report".
    """
    verbs = s.lexicon.verbs.get(s.tokens[s.first].lower, ())
    return not s.is_german and any(verb.lemma != s.tokens[s.first].lower for verb in verbs)
