"""Who reports what a sentence says: "laut Polizei", "according to Marsh", "…, sagte Holm", "Holm klagte …"."""

from __future__ import annotations

from pipeline.annotate.grammar.actors import may_be_somebody, passive_agent
from pipeline.annotate.grammar.appositions import past_parenthesis
from pipeline.annotate.grammar.capitals import LONGEST_PHRASE, is_name_word, name_end
from pipeline.annotate.grammar.phrases import is_adjective_de, is_nominative, noun_phrase
from pipeline.annotate.grammar.subjects import first_subject, subject_after, subject_of
from pipeline.annotate.grammar.tokens import Attribution, Range, View
from pipeline.annotate.grammar.verbs import verb_at
from pipeline.annotate.lexicon import load_given_names

NOWHERE = -1
"""A position that no token has, for sentences without words in marks."""
LONGEST_SOURCE = 12
"""Maximum number of tokens of the phrase before "zufolge"."""


def phrase_reporter_de(view: View, at: int, marks: int = NOWHERE) -> Attribution | None:
    """The reporter that a German phrase names, if its word at `at` is "laut", "nach", "zufolge" or "aus" (Sicht).

    `marks` is the token of the words in marks.
    """
    tokens, lexicon = view.tokens, view.lexicon
    word = tokens[at].lower
    if word in lexicon.source_prepositions:
        if view.is_in(at + 1, lexicon.own):
            return _subject_reporter(view, at)
        if at + 2 < view.end and lexicon.source_kind(tokens[at + 1].lower) == "source":
            return _reporter_after_nach(view, at, marks)
        end = reporter_end(view, at + 1, marks)
        return Attribution((at + 1, end), (at, at + 1)) if end is not None else None
    if word == "zufolge":
        start = _dative_phrase(view, at)
        return Attribution((start, at), (at, at + 1)) if start is not None else None
    if word == "aus" and view.is_at(at + 1, "sicht") and _is_genitive(view, at + 2):
        end = reporter_end(view, at + 2, marks)
        return Attribution((at + 2, end), (at, at + 1)) if end is not None else None
    if word != "nach":
        return None
    start = _dative_phrase(view, at)
    if start is not None and lexicon.source_kind(tokens[at - 1].lower) == "source":
        if view.is_in(at - 2, lexicon.own):
            return _subject_reporter(view, at)
        return Attribution((start, at), (at, at + 1))
    return _reporter_after_nach(view, at, marks)


def _subject_reporter(view: View, at: int) -> Attribution:
    """The reporter of "nach eigenen Angaben": the subject of the sentence."""
    subject = first_subject(view, view.first, view.end)
    if subject is None or not may_be_somebody(view, subject):
        subject = _subject_at(view, at)
    if subject is not None and not may_be_somebody(view, subject):
        subject = None
    return Attribution(subject, (at, at + 1))


def _dative_phrase(view: View, stop: int) -> int | None:
    """Where the phrase before "zufolge" or "nach" begins: "der Website", "seiner Meinung", "Ihnen", "Berichten"."""
    tokens, lexicon = view.tokens, view.lexicon
    if stop - 1 >= view.first and tokens[stop - 1].lower in lexicon.dative_pronouns:
        return stop - 1
    low = stop
    while (
        low > max(view.first, stop - LONGEST_SOURCE)
        and (tokens[low - 1].is_word or tokens[low - 1].surface in {"(", ")"})
        and tokens[low - 1].lower not in lexicon.finite_verbs
        and tokens[low - 1].lower not in lexicon.auxiliaries
    ):
        low -= 1
    whole = next(
        (at for at in range(low, stop) if noun_phrase(view, at, stop) == stop and not _is_second_word(view, at)), None
    )
    opening = next((at for at in range(low, stop - 1) if tokens[at].lower in lexicon.dative_articles), None)
    return opening if opening is not None and (whole is None or opening < whole) else whole


def reporter_end(view: View, at: int, marks: int = NOWHERE) -> int | None:
    """The end of the reporter that begins at `at`: a phrase ("der Polizei") or a name in marks ("„Abendpost“")."""
    end = noun_phrase(view, at, view.end)
    if at < view.end and view.tokens[at].segment >= 0:
        return at + 1
    if end is None and at + 1 < view.end and view.tokens[at + 1].segment >= 0 and view.tokens[at].surface.islower():
        return at + 2
    if end is not None and end < view.end and view.tokens[end].segment >= 0 and end - at <= 3 and end != marks:
        return end + 1
    return end


def _reporter_after_nach(view: View, nach: int, marks: int) -> Attribution | None:
    """The reporter after "nach": nach Angaben der Polizei, nach den Worten des Ministers, nach einer Studie."""
    tokens, lexicon = view.tokens, view.lexicon
    cue = (nach, nach + 1)
    noun = nach + 1
    while noun < min(view.end, nach + 6) and tokens[noun].is_word and not _is_head(view, noun):
        noun += 1
    if noun >= view.end or not tokens[noun].is_capitalised:
        return None
    kind = lexicon.source_kind(tokens[noun].lower)
    if kind is None or not _is_told_by(view, kind, nach + 1, noun):
        return None
    if tokens[noun - 1].lower in lexicon.own:
        return _subject_reporter(view, nach)
    if noun > nach + 1 and tokens[noun - 1].is_capitalised:
        return Attribution((nach + 1, noun + 1), cue)
    start = noun + 1
    is_named = "-" in tokens[noun].surface  # "nach DDV-Angaben": whose they are is said
    if kind in {"document", "finding"} or (
        kind == "compound" and (is_named or not view.is_in(start, lexicon.source_attributes))
    ):
        end = noun + 1 if is_named and kind == "compound" else noun_phrase(view, nach + 1, view.end)
        return Attribution((nach + 1, end) if end is not None else (noun, noun + 1), cue)
    if view.is_at(start, "von", "vom", "aus"):
        start += 1
    end = reporter_end(view, start, marks) if start > noun + 1 or _is_genitive(view, start) else None
    return Attribution((start, end), cue) if end is not None else Attribution((nach + 1, noun + 1), cue)


def _is_head(view: View, at: int) -> bool:
    """True if the noun is the phrase's head, and no adjective ("Erster") or owner ("Holms Meinung")."""
    tokens = view.tokens
    if not tokens[at].is_capitalised:
        return False
    follower = tokens[at + 1] if at + 1 < view.end else None
    is_owner = tokens[at].lower.endswith(("s", "’", "'")) and follower is not None and follower.is_capitalised
    return not (is_owner and view.lexicon.source_kind(tokens[at].lower) is None)


def _is_told_by(view: View, kind: str, first: int, noun: int) -> bool:
    """True if a noun of that kind is a source after "nach" and not a time: "nach einer Studie", "nach dem Urteil"."""
    if kind in {"source", "compound", "law"}:
        return True
    if view.is_at(noun + 1, "gegen"):
        return False  # "nach Ermittlungen gegen", "nach starken Vorstellungen gegen": what happened before
    if kind == "finding" and view.tokens[noun].lower.endswith("en"):
        return True
    if first == noun and view.is_at(noun + 1, "der", "des", "von", "vom"):
        return True
    return _is_indefinite(view, first, noun)


def _subject_at(view: View, stop: int) -> Range | None:
    """The phrase that ends at `stop`: "war die Gruppe nach eigener Aussage am Ziel"."""
    for start in range(max(view.first, stop - LONGEST_PHRASE), stop):
        if noun_phrase(view, start, stop) == stop and is_nominative(view, start):
            return start, stop
    return None


def _is_genitive(view: View, at: int) -> bool:
    """True if a genitive begins here: "der Polizei", "politischer Beobachter", "Holms", "„Abendpost“"."""
    if at >= view.end:
        return False
    token = view.tokens[at]
    if token.segment >= 0 or is_name_word(token, view.lexicon) or token.lower == "der":
        return True
    if token.lower in view.lexicon.determiners_oblique:
        return token.lower not in view.lexicon.no_genitives
    follower = view.tokens[at + 1] if at + 1 < view.end else None
    return (
        token.lower.endswith("er")
        and is_adjective_de(token, view.lexicon)
        and follower is not None
        and follower.is_capitalised
    )


def _is_indefinite(view: View, first: int, noun: int) -> bool:
    """True if the document is new: "nach einer Studie". A known one marks a time: "nach dem Urteil"."""
    if first == noun:
        return view.tokens[noun].lower.endswith("en")
    return view.tokens[first].lower not in view.lexicon.known_determiners


def _is_second_word(view: View, at: int) -> bool:
    before = view.tokens[at - 1] if at > view.first else None
    return before is not None and before.surface.islower() and before.lower in view.lexicon.determiners_oblique


def phrase_reporter_en(view: View, at: int) -> Attribution | None:
    """The reporter that an English phrase at `at` names: "according to Marsh", "in the words of Marsh", "per Marsh"."""
    if view.is_at(at, "according") and view.is_at(at + 1, "to"):
        start = at + 2
    elif (
        view.is_at(at, "in") and view.is_at(at + 1, "the") and view.is_at(at + 2, "words") and view.is_at(at + 3, "of")
    ):
        start = at + 4
    elif view.is_at(at, "per") and (at == view.first or not view.tokens[at - 1].is_word):
        start = at + 1
    else:
        return None
    end = start + 1 if view.is_in(start, view.lexicon.object_pronouns) else noun_phrase(view, start, view.end)
    if end is not None and end + 1 < view.end and view.tokens[end].surface.islower():
        is_office = load_given_names().is_known(view.tokens[end + 1].surface) and view.tokens[end + 1].is_capitalised
        end = name_end(view, end + 1, view.end) if is_office else end  # "according to Search lead Lena Brook"
    return Attribution((start, end), (at, start)) if end is not None else None


def parenthesis_reporter(view: View, start: int) -> Attribution | None:
    """Who reports in a parenthesis after `start`: "…, sagte Holm", "…, so Holm", "…, Smith said"."""
    tokens = view.tokens
    for at in range(start + 1, view.end):
        token = tokens[at]
        if token.surface not in {",", "–", "—"} or at + 1 >= view.end:
            continue
        if view.is_german and tokens[at + 1].lower == "so":
            end = noun_phrase(view, at + 2, view.end)
            if end is not None and (
                end >= view.end
                or tokens[end].surface in {".", ",", "(", ";", "in", "im", "zu"}
                or tokens[end].surface.islower()
            ):
                return Attribution((at + 2, end), (at + 1, at + 2))
        if verb_at(view, at + 1, view.end) is not None:
            speaker = subject_after(view, at + 1, view.end)
            if speaker is not None:
                return Attribution(speaker, (at + 1, at + 2))
        if view.is_german and tokens[at + 1].lower == "wie":
            verb = next((i for i in range(at + 2, view.end) if verb_at(view, i, view.end)), None)
            end = noun_phrase(view, at + 2, view.end)
            if verb is not None and end is not None:
                return Attribution((at + 2, end), (verb, verb + 1))
        if not view.is_german:
            end = noun_phrase(view, at + 1, view.end)
            verb = reporting_verb_after(view, end) if end is not None else None
            if end is not None and verb is not None:
                return Attribution((at + 1, end), (verb, verb + 1))
    return None


def reporting_verb_after(view: View, end: int) -> int | None:
    """The reporting verb after a subject that ends at `end`, after its apposition and adverbs."""
    at = past_parenthesis(view, end, view.end)
    if view.is_at(at + 2, "to") and view.is_at(at + 3, "have"):
        at += 4  # "she is reported to have told"
    if view.is_at(at, ","):
        closing = next((i for i in range(at + 1, min(view.end, at + 25)) if _closes_apposition(view, i)), None)
        if closing is None:
            return None
        at = closing + 1
    while at < view.end and (view.tokens[at].lower in view.lexicon.adverbs or view.tokens[at].lower == "who"):
        at += 1
    return at if at < view.end and verb_at(view, at, view.end) else None


def _closes_apposition(view: View, at: int) -> bool:
    if view.tokens[at].surface != ",":
        return False
    after = at + 1
    while after < view.end and view.tokens[after].lower in view.lexicon.adverbs:
        after += 1
    return after < view.end and view.tokens[after].lower in view.lexicon.verbs


def sentence_reporter(view: View, first: int, end: int) -> Range | None:
    """Who reports in the sentence from `first` to `end`: the subject of its reporting verb, the agent of a passive, or
    the reporter of a parenthesis or phrase."""
    sentence = view.between(first, end)
    for at in range(first, end):
        is_wished = at > first and view.tokens[at - 1].lower in view.lexicon.modals  # "should expect"
        if not is_wished and verb_at(sentence, at, end) is not None:
            return subject_of(sentence, at, end)
        if view.is_german and view.tokens[at].lower in view.lexicon.participles:
            agent = passive_agent(sentence, at) if sentence.has_in(first, at, view.lexicon.passive_forms) else None
            if agent is not None:
                return agent
    starts = view.lexicon.source_starts
    found = parenthesis_reporter(sentence, first) or next(
        (s for at in range(first, end) if view.tokens[at].lower in starts and (s := phrase_reporter(sentence, at))),
        None,
    )
    return found.speaker if found is not None else None


def phrase_reporter(view: View, at: int) -> Attribution | None:
    """The reporter that a phrase names whose word at `at` is "laut", "according" or the like."""
    return phrase_reporter_de(view, at) if view.is_german else phrase_reporter_en(view, at)
