"""The words the rules look up, read once from `lexicon/`. German and English have them; other languages do not."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from functools import cache, lru_cache
from pathlib import Path

import msgspec

FOLDER = Path(__file__).parent
LANGUAGES = ("de", "en")
_EMPTY = "-"
_STARTS = {"de": ("nach", "zufolge", "so", "demnach", "demzufolge"), "en": ("according",)}
_ENDINGS = ("innen", "in", "es", "en", "n", "s", "er", "r")


class Frame(StrEnum):
    """What a verb does with the words in marks."""

    SAY = "say"
    """quotes an utterance: sagte: „…“"""
    LABEL = "label"
    """quotes a term for something: nannte ihn einen „…“"""
    CLAUSE = "clause"
    """reports a clause, hardly ever words in marks: ging davon aus, dass …"""
    NONE = "none"
    """is no reporting verb with this particle: fand … statt"""


class Verb(msgspec.Struct, frozen=True):
    """One row of `reporting_verbs_*.tsv`."""

    lemma: str
    finite: frozenset[str]
    participle: str | None
    """None where it does not report: "gefunden"."""
    needs: str | None
    """The particle or word without which it does not mean saying: "teilte … mit"."""
    frame: Frame
    example: str

    @property
    def is_separable(self) -> bool:
        """Whether what it needs is a particle that ends its clause: "teilte … mit"."""
        return self.needs is not None and self.lemma.startswith(self.needs)


class GivenNames(msgspec.Struct, frozen=True):
    female: frozenset[str]
    male: frozenset[str]
    either: frozenset[str]
    organisation_words: frozenset[str]

    def is_known(self, name: str) -> bool:
        lower = name.lower()
        return lower in self.female or lower in self.male or lower in self.either


class Lexicon(msgspec.Struct, frozen=True, kw_only=True):
    """One language's words, lower case. What each set is for stands in `words_*.toml`."""

    language: str
    verbs: Mapping[str, tuple[Verb, ...]]
    """By finite form; also by the form joined with its particle, as at the end of a German clause."""
    participles: Mapping[str, Verb]
    roles: frozenset[str]
    titles: frozenset[str]
    media: frozenset[str]
    source_nouns: frozenset[str]
    documents: frozenset[str]
    title_nouns: frozenset[str]
    pronouns: frozenset[str]
    pronouns_nominative: frozenset[str]
    pronouns_male: frozenset[str]
    pronouns_female: frozenset[str]
    determiners_nominative: frozenset[str]
    determiners_oblique: frozenset[str]
    prepositions: frozenset[str]
    adverbs: frozenset[str]
    conjunctions: frozenset[str]
    weekdays: frozenset[str]
    auxiliaries: frozenset[str]
    so_called: frozenset[str]
    finite_verbs: frozenset[str]
    abbreviations: frozenset[str]
    function_words: frozenset[str]
    """Words that are no name although a sentence begins with them."""
    subjunctive: frozenset[str]
    """German: forms that mark a clause as reported (Konjunktiv I)."""
    conditional: frozenset[str]
    """German: forms that do so only beside a reporting verb (Konjunktiv II)."""
    complementizers: frozenset[str]
    reporting_nouns: frozenset[str]
    source_prepositions: frozenset[str]
    separable_particles: frozenset[str]
    modals: frozenset[str]
    no_infinitives: frozenset[str]
    indefinite: frozenset[str]
    name_breaks: frozenset[str]
    organisation_endings: frozenset[str]
    organisation_forms: frozenset[str]
    organisation_heads: frozenset[str]
    feminine_forms: frozenset[str]
    neuter_forms: frozenset[str]
    surnames: frozenset[str]
    no_offices: frozenset[str]
    place_nouns: frozenset[str]
    place_compounds: frozenset[str]
    organisation_nouns: frozenset[str]
    organisation_compounds: frozenset[str]
    place_starts: frozenset[str]
    place_endings: frozenset[str]
    no_places: frozenset[str]
    in_something: frozenset[str]
    noun_endings: frozenset[str]
    measures: frozenset[str]
    bare_clause_verbs: frozenset[str] = frozenset()
    infinitive_verbs: frozenset[str] = frozenset()
    shortest_role: int
    reporting_words: frozenset[str]
    """All that a rule of indirect speech starts from, save nouns."""

    def is_role(self, word: str) -> bool:
        """Whether the noun names an office or occupation: "Vizekanzlerin", "SPD-Chefs", "spokesmen"."""
        return _is_role(self.language, word)

    def ends_in_role(self, word: str) -> bool:
        """The word or, in German, the end of the compound is one of the roles."""
        if self.language != "de":
            return word in self.roles or word.rpartition("-")[2] in self.roles
        return any(word[at:] in self.roles for at in range(max(0, len(word) - 24), len(word) - self.shortest_role + 1))

    def is_reporting_noun(self, word: str) -> bool:
        """Whether a clause behind it is reported: "Ansicht", "Vermutung", in German also "Rechtsauffassung"."""
        return word in self.reporting_nouns or (self.language == "de" and _ends_in(word, "reporting_nouns"))

    def source_kind(self, word: str) -> str | None:
        """What "nach" makes of the German noun: "source" of "Angaben", "compound" of "Polizeiangaben", "document"."""
        if word in self.source_nouns:
            return "source"
        if _ends_in(word, "source_nouns"):
            return "compound"
        return "document" if _ends_in(word, "documents") else None

    def is_feminine_role(self, word: str) -> bool:
        lower = word.lower()
        return self.language == "de" and (
            lower in {"frau", "königin"}
            or (lower.endswith("in") and (self.is_role(lower[:-2]) or self.is_role(f"{lower[:-2]}e")))
        )

    def is_place_noun(self, word: str) -> bool:
        """Whether the name behind the German noun is a place's: "Stadt", "Bundesstaats"."""
        return self.language == "de" and _is_class_noun(word, "place")

    def is_organisation_noun(self, word: str) -> bool:
        """Whether the name behind the German noun is an organisation's: "Firma", "Softwarekonzerns"."""
        return self.language == "de" and _is_class_noun(word, "organisation")


@lru_cache(maxsize=20_000)
def _is_role(language: str, word: str) -> bool:
    lexicon = load_lexicon(language)
    return lexicon is not None and any(lexicon.ends_in_role(stem) for stem in _stems(word.lower()))


@lru_cache(maxsize=20_000)
def _ends_in(word: str, field: str) -> bool:
    """Whether the German compound ends in one of the nouns of that field, singular or plural."""
    lexicon = load_lexicon("de")
    assert lexicon is not None
    nouns: frozenset[str] = getattr(lexicon, field)
    stems = [word, *(word[: -len(ending)] for ending in ("en", "n", "s", "e") if word.endswith(ending))]
    return any(stem[at:] in nouns for stem in stems for at in range(max(0, len(stem) - 24), max(0, len(stem) - 3)))


@lru_cache(maxsize=20_000)
def _is_class_noun(word: str, kind: str) -> bool:
    lexicon = load_lexicon("de")
    assert lexicon is not None
    nouns: frozenset[str] = getattr(lexicon, f"{kind}_nouns")
    compounds: frozenset[str] = getattr(lexicon, f"{kind}_compounds")
    stems = [word, *(word[: -len(ending)] for ending in ("es", "en", "s", "n") if word.endswith(ending))]
    return any(stem in nouns or stem.endswith(tuple(compounds)) for stem in stems)


def _stems(word: str) -> list[str]:
    """The word and what it may be a feminine, plural or genitive of."""
    endings = [ending for ending in _ENDINGS if word.endswith(ending) and len(word) > len(ending) + 3]
    stems = [word, *(word[: -len(ending)] for ending in endings)]
    stems.extend(f"{word[: -len(ending)]}e" for ending in endings if ending in {"in", "innen"})
    if word.endswith("men"):
        stems.append(word[:-2] + "an")
    return stems


@cache
def load_lexicon(language: str | None) -> Lexicon | None:
    """The words of that language, None if there are no rules for it."""
    if language not in LANGUAGES:
        return None
    words = {key: frozenset(text.split()) for key, text in _read_words(f"words_{language}.toml").items()}
    words["subjunctive"] |= frozenset(subjunctive_of(infinitive) for infinitive in words.pop("infinitives"))
    verbs = load_verbs(language)
    closed = (
        "pronouns",
        "determiners_nominative",
        "determiners_oblique",
        "prepositions",
        "adverbs",
        "conjunctions",
        "auxiliaries",
    )
    return Lexicon(
        language=language,
        verbs=_by_form(verbs),
        participles={verb.participle: verb for verb in verbs if verb.participle},
        function_words=frozenset().union(*(words[key] for key in closed)),
        shortest_role=min(map(len, words["roles"])),
        reporting_words=frozenset(_by_form(verbs)).union(
            (verb.participle for verb in verbs if verb.participle), words["source_prepositions"], _STARTS[language]
        ),
        **words,
    )


@cache
def load_given_names() -> GivenNames:
    return GivenNames(**{key: frozenset(text.split()) for key, text in _read_words("given_names.toml").items()})


def load_verbs(language: str) -> tuple[Verb, ...]:
    """The rows of the language's table of reporting verbs, in its order."""
    path = FOLDER / f"reporting_verbs_{language}.tsv"
    rows = [line.split("\t") for line in path.read_text("utf-8").splitlines() if line and not line.startswith("#")]
    return tuple(
        Verb(
            lemma,
            _finite_forms(forms, language),
            None if participle == _EMPTY else participle,
            None if needs == _EMPTY else needs,
            Frame(frame),
            example,
        )
        for lemma, forms, participle, needs, frame, example in rows[1:]
    )


def subjunctive_of(infinitive: str) -> str:
    """The third person singular of the German Konjunktiv I: "kommen" ▶ "komme", "handeln" ▶ "handele"."""
    return infinitive[:-2] + "e" if infinitive.endswith("en") else infinitive[:-1] + "e"


def _read_words(name: str) -> dict[str, str]:
    return msgspec.toml.decode((FOLDER / name).read_bytes(), type=dict[str, str])


def _finite_forms(forms: str, language: str) -> frozenset[str]:
    spelled: set[str] = set()
    for form in forms.split():
        if not form.endswith("~"):
            spelled.add(form)
        elif language == "de":
            infinitive = "n" if form[:-1].endswith(("er", "el")) and not form[:-1].endswith("ier") else "en"
            spelled.update(form[:-1] + ending for ending in ("t", "te", "ten", infinitive))
        elif form[-2] == "e":
            spelled.update((form[:-1], form[:-1] + "s", form[:-1] + "d"))
        else:
            spelled.update(form[:-1] + ending for ending in ("", "s", "ed"))
    return frozenset(spelled)


def _by_form(verbs: tuple[Verb, ...]) -> dict[str, tuple[Verb, ...]]:
    table: dict[str, tuple[Verb, ...]] = {}
    for verb in verbs:
        for form in verb.finite:
            table[form] = (*table.get(form, ()), verb)
            if verb.needs and verb.lemma.startswith(verb.needs):
                joined = Verb(verb.lemma, verb.finite, verb.participle, None, verb.frame, verb.example)
                table[verb.needs + form] = (*table.get(verb.needs + form, ()), joined)
    return table
