"""The lexicon of a language: the word sets of `words_*.toml` and the reporting verbs."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

import msgspec

from pipeline.annotate.lexicon.reporting_verbs import (
    FOLDER,
    Frame,
    Verb,
    load_verbs,
    noun_of,
    subjunctive_of,
    verbs_by_form,
)
from pipeline.annotate.lexicon.word_forms import ends_in, is_form_of, pronominal_adverbs, remembered, stems_of

LANGUAGES = ("de", "en")
_SOURCE_STARTS = frozenset({"aus", "nach", "zufolge", "according", "in", "per"})
LONGEST_BARE = 13
"""A German noun in Bundes- or Landes- with at most this many letters is too general: "Bundesbehörde"."""
LONG_ROLE = 8
"""Fewest letters of an English role that may end a compound."""


class Lexicon(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """The words of one language in lower case. `words_*.toml` says what each is for; one that is missing is empty."""

    language: str
    is_german: bool
    verbs: Mapping[str, tuple[Verb, ...]]
    """Verbs by each finite form, and by the form joined with its particle, as at the end of a German clause."""
    participles: Mapping[str, Verb]
    roles: frozenset[str]
    groups: frozenset[str]
    titles: frozenset[str]
    media: frozenset[str]
    source_nouns: frozenset[str]
    documents: frozenset[str]
    laws: frozenset[str]
    findings: frozenset[str]
    title_nouns: frozenset[str]
    pronouns: frozenset[str]
    pronouns_nominative: frozenset[str]
    pronouns_male: frozenset[str]
    pronouns_female: frozenset[str]
    determiners_nominative: frozenset[str]
    determiners_oblique: frozenset[str]
    determiners: frozenset[str]
    prepositions: frozenset[str]
    adverbs: frozenset[str]
    conjunctions: frozenset[str]
    weekdays: frozenset[str]
    auxiliaries: frozenset[str]
    so_called: frozenset[str]
    finite_verbs: frozenset[str]
    abbreviations: frozenset[str]
    function_words: frozenset[str]
    """Words that are no names although a sentence begins with them."""
    no_names: frozenset[str]
    """The same, and weekdays."""
    subjunctive: frozenset[str]
    """German forms that mark a clause as reported (Konjunktiv I)."""
    conditional: frozenset[str]
    """German forms that mark it only beside a reporting verb (Konjunktiv II)."""
    complementizers: frozenset[str]
    reporting_nouns: frozenset[str]
    source_prepositions: frozenset[str]
    source_starts: frozenset[str]
    """Every word from which a phrase that names a source is looked for."""
    separable_particles: frozenset[str]
    inseparable_prefixes: frozenset[str]
    modals: frozenset[str]
    intentions: frozenset[str]
    no_infinitives: frozenset[str]
    indefinite: frozenset[str]
    name_breaks: frozenset[str]
    organisation_endings: tuple[str, ...]
    organisation_forms: frozenset[str]
    organisation_compound_heads: tuple[str, ...]
    member_heads: tuple[str, ...]
    club_words: frozenset[str]
    offices_of_organisations: frozenset[str]
    feminine_forms: tuple[str, ...]
    neuter_forms: tuple[str, ...]
    masculine_forms: tuple[str, ...]
    surnames: frozenset[str]
    no_offices: frozenset[str]
    place_nouns: frozenset[str]
    place_compounds: tuple[str, ...]
    organisation_nouns: frozenset[str]
    organisation_compounds: tuple[str, ...]
    place_starts: frozenset[str]
    place_endings: frozenset[str]
    no_places: frozenset[str]
    in_something: frozenset[str]
    noun_endings: tuple[str, ...]
    measures: frozenset[str]
    name_particles: frozenset[str]
    female_titles: frozenset[str]
    male_titles: frozenset[str]
    locatives: frozenset[str]
    definite_articles: frozenset[str]
    office_attributes: frozenset[str]
    organisation_joins: frozenset[str]
    anybody: frozenset[str]
    no_speakers: frozenset[str]
    speaking_nouns: tuple[str, ...]
    nobody: frozenset[str]
    never: frozenset[str]
    counterfactual: frozenset[str]
    only: frozenset[str]
    citing_verbs: frozenset[str]
    passive_auxiliaries: frozenset[str]
    label_markers: frozenset[str]
    postmodifiers: frozenset[str]
    quantifiers: frozenset[str]
    joins: frozenset[str]
    alternatives: frozenset[str]
    sentence_openers: frozenset[str]
    clause_openers: frozenset[str]
    unreported_openers: frozenset[str]
    place_prepositions: frozenset[str]
    office_joins: frozenset[str]
    circumstances: frozenset[str]
    clause_joins: frozenset[str]
    contracted_articles: frozenset[str]
    relative_pronouns: frozenset[str]
    verb_forms: frozenset[str]
    """All forms that may be the finite verb of a clause."""
    shortest_role: int
    long_roles: tuple[str, ...]
    """English roles that may end a compound: "psychotherapist"."""
    reporting_words: frozenset[str]
    """Every word from which a rule of indirect speech starts, nouns excepted."""
    bare_clause_verbs: frozenset[str]
    infinitive_verbs: frozenset[str]
    relative_or_article: frozenset[str]
    genitive_determiners: frozenset[str]
    after_particle: frozenset[str]
    sentence_adverbs: frozenset[str]
    no_genitives: frozenset[str]
    oblique_relatives: frozenset[str]
    document_verbs: frozenset[str]
    naming_verbs: frozenset[str]
    marked_document_prepositions: frozenset[str]
    own: frozenset[str]
    focus_particles: frozenset[str]
    things: frozenset[str]
    abstract_endings: tuple[str, ...]
    adverb_endings: tuple[str, ...]
    person_endings: tuple[str, ...]
    agent_prepositions: frozenset[str]
    participle_endings: tuple[str, ...]
    complements: frozenset[str]
    dative_pronouns: frozenset[str]
    dative_articles: frozenset[str]
    known_determiners: frozenset[str]
    source_attributes: frozenset[str]
    no_subjunctives: frozenset[str]
    instructions: frozenset[str]
    certain_subjunctive: frozenset[str]
    future_words: frozenset[str]
    wishes: frozenset[str]
    conditional_auxiliaries: frozenset[str]
    hearsay_verbs: frozenset[str]
    first_person: frozenset[str]
    new_statements: frozenset[str]
    purposes: frozenset[str]
    that_conjunctions: frozenset[str]
    reported_conjunctions: frozenset[str]
    reported_openers: frozenset[str]
    source_clause_openers: frozenset[str]
    participle_auxiliaries: frozenset[str]
    passive_forms: frozenset[str]
    open_forms: tuple[str, ...]
    owner_markers: frozenset[str]
    impersonal_verbs: frozenset[str]
    document_prepositions: frozenset[str]
    denials: frozenset[str]
    source_words: frozenset[str]
    effects: frozenset[str]
    sentence_pronouns: frozenset[str]
    so_attributes: frozenset[str]
    office_adjectives: frozenset[str]
    feminine_roles: frozenset[str]
    time_openers: frozenset[str]
    times: frozenset[str]
    prepositions_or_conjunctions: frozenset[str]
    nouns_or_verbs: frozenset[str]
    irregular_participles: frozenset[str]
    object_pronouns: frozenset[str]
    telling_verbs: frozenset[str]
    addressing_verbs: frozenset[str]
    refusals: frozenset[str]
    date_openers: frozenset[str]
    date_prepositions: frozenset[str]
    bare_subjects: frozenset[str]
    place_adverbs: frozenset[str]

    @remembered
    def is_role(self, word: str) -> bool:
        """True if the noun names an office or occupation: "Vizekanzlerin", "SPD-Chefs", "spokesmen"."""
        return any(self.ends_in_role(stem) for stem in stems_of(word.lower()))

    def ends_in_role(self, word: str) -> bool:
        """True if the word is one of the roles or, in German, a compound that ends in one."""
        if not self.is_german:
            return word in self.roles or word.rpartition("-")[2] in self.roles or word.endswith(self.long_roles)
        return any(word[at:] in self.roles for at in range(max(0, len(word) - 24), len(word) - self.shortest_role + 1))

    @remembered
    def is_reporting_noun(self, word: str) -> bool:
        """True if the noun reports the clause after it: "Ansicht", "Vermutung", in German also "Rechtsauffassung"."""
        return word in self.reporting_nouns or (self.is_german and ends_in(word, self.reporting_nouns))

    @remembered
    def source_kind(self, word: str) -> str | None:
        """What the German noun is after "nach", or None.

        It is a "source" (Angaben), a "compound" of one (Polizeiangaben), a "law" (Verfassung), which holds at any time,
        a "finding" (Schätzungen) or a "document" (Studie).
        """
        if word in self.source_nouns:
            return "source"
        nouns = {"compound": self.source_nouns, "law": self.laws, "finding": self.findings, "document": self.documents}
        return next((kind for kind, some in nouns.items() if ends_in(word, some)), None)

    def is_document(self, word: str) -> bool:
        """True if something is written in what the German noun names: "Studie", "Gesetz"."""
        return self.source_kind(word) in {"document", "finding", "law"}

    @remembered
    def is_speaking_noun(self, word: str) -> bool:
        """True if the noun names a group that speaks, in the singular or the plural: "Regierungen", "residents"."""
        return any(
            word.removesuffix(ending).endswith(self.speaking_nouns)
            for ending in (("", "en", "n", "s", "es") if self.is_german else ("", "s"))
        )

    def is_feminine_role(self, word: str) -> bool:
        lower = word.lower()
        return self.is_german and (
            lower in self.feminine_roles
            or (lower.endswith("in") and (self.is_role(lower[:-2]) or self.is_role(f"{lower[:-2]}e")))
        )

    @remembered
    def is_subjunctive(self, surface: str) -> bool:
        """Konjunktiv I that differs from the indicative: "sei", "habe", "komme", "zurücktrete", "informiere"."""
        if not self.is_german or not surface.islower() or surface in self.no_subjunctives:
            return False
        if surface in self.subjunctive or (surface.endswith("iere") and len(surface) > 6):
            return True
        stems = {surface.removeprefix(particle) for particle in self.separable_particles}
        return any(
            stem.removeprefix(prefix) in self.subjunctive for stem in stems for prefix in self.inseparable_prefixes
        )

    @remembered
    def is_mood_word(self, surface: str) -> bool:
        """True if a German sentence with the word may continue a report. No other sentence does."""
        lower = surface.lower()
        return lower in self.conditional_auxiliaries or lower in self.hearsay_verbs or self.is_subjunctive(surface)

    @remembered
    def is_reporting_word(self, surface: str) -> bool:
        """True if a rule of indirect speech may start from the word."""
        lower = surface.lower()
        is_noun = not self.is_german or not surface.islower()
        return lower in self.reporting_words or (is_noun and self.is_reporting_noun(lower))

    @remembered
    def is_place_noun(self, word: str) -> bool:
        """True if a name after the German noun is a place: "Stadt", "Bundesstaats"."""
        return self.is_german and is_form_of(word, self.place_nouns, self.place_compounds)

    @remembered
    def is_organisation_noun(self, word: str) -> bool:
        """True if a name after the German noun is an organisation: "Firma", "Softwarekonzerns"."""
        return self.is_german and is_form_of(word, self.organisation_nouns, self.organisation_compounds)

    @remembered
    def is_organisation_compound(self, word: str) -> bool:
        """True if the German noun is an organisation by itself: "Finanzministerium", "Max-Planck-Institut"."""
        name, _, head = word.removesuffix("s").rpartition("-")
        is_public = word.startswith(("bundes", "landes")) and len(word) > LONGEST_BARE
        if (name and head in self.member_heads) or (is_public and word.endswith(self.organisation_compound_heads)):
            return True
        return any(word.endswith(ending) and len(word) > len(ending) + 2 for ending in self.organisation_endings)

    @remembered
    def is_class_noun(self, word: str) -> bool:
        """True if a name after the German noun is a place or an organisation."""
        return self.is_place_noun(word) or self.is_organisation_noun(word)


@cache
def load_lexicon(language: str | None) -> Lexicon | None:
    """The words of that language; None if there are no rules for it."""
    if language not in LANGUAGES:
        return None
    tables = read_words("words_both.toml") | read_words(f"words_{language}.toml")
    sets = (field.name for field in msgspec.structs.fields(Lexicon) if field.type in (frozenset[str], tuple[str, ...]))
    words = {key: frozenset[str]() for key in sets} | {
        key: frozenset([*text.split(), *text.replace("'", "’").split()]) for key, text in tables.items()
    }
    verbs = load_verbs(language)
    by_form = verbs_by_form(verbs, is_german=language == "de")
    finite = frozenset().union(*(verb.finite for verb in verbs))
    if language == "en":
        for key in ("bare_clause_verbs", "infinitive_verbs", "telling_verbs", "addressing_verbs"):
            words[key] = frozenset().union(*(verb.finite for verb in verbs if verb.lemma in words[key]))
    else:
        words["adverbs"] |= pronominal_adverbs(("da", "hier"), words["prepositions"]) - words["conjunctions"]
        words["conjunctions"] |= pronominal_adverbs(("wo",), words["prepositions"]) - words["reporting_starts"]
        infinitives = words.pop("infinitives") | {verb.lemma for verb in verbs}
        words["subjunctive"] |= {subjunctive_of(infinitive) for infinitive in infinitives}
        words["reporting_nouns"] |= {noun_of(verb.lemma) for verb in verbs if verb.frame is not Frame.NONE}
    words["roles"] |= words["groups"]
    words["pronouns"] |= words["pronouns_nominative"]
    words["determiners"] = words["determiners_nominative"] | words["determiners_oblique"]
    closed = ("pronouns", "determiners", "prepositions", "adverbs", "conjunctions", "auxiliaries")
    words["function_words"] = frozenset().union(*(words[key] for key in closed))
    words["source_starts"] = words["source_prepositions"] | _SOURCE_STARTS
    words["no_names"] = words["function_words"] | words["weekdays"]
    words["finite_verbs"] |= words["auxiliaries"] | words["modals"]
    words["verb_forms"] = words["finite_verbs"] | finite
    long_roles = {role for role in words["roles"] if len(role) >= LONG_ROLE}
    words["long_roles"] = words.pop("role_endings", frozenset()) | long_roles
    participles = {verb.participle: verb for verb in verbs if verb.participle}
    words["reporting_words"] = words["source_prepositions"].union(by_form, participles, words.pop("reporting_starts"))
    tuples = {field.name for field in msgspec.structs.fields(Lexicon) if field.type == tuple[str, ...]}
    fields: dict[str, Any] = {key: tuple(some) if key in tuples else some for key, some in words.items()}
    return Lexicon(
        language=language,
        is_german=language == "de",
        verbs=by_form,
        participles=participles,
        shortest_role=min(map(len, words["roles"])),
        **fields,
    )


def read_words(name: str) -> dict[str, str]:
    return msgspec.toml.decode((FOLDER / name).read_bytes(), type=dict[str, str])
