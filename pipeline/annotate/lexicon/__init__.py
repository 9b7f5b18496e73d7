"""The words that the rules look up, for German and English, and a few for other languages.

What grows is data: reporting verbs (`reporting_verbs_*.tsv`), word sets (`words_*.toml`, each set with a comment that
says what it is for), given names, countries, places, organisations. `reporting_verbs` reads the verbs, `words` reads
everything else into a `Lexicon`; start there. Each table is read once a process.
"""

from pipeline.annotate.lexicon.given_names import GivenNames, load_given_names
from pipeline.annotate.lexicon.reporting_verbs import FOLDER, Frame, Verb, load_verbs
from pipeline.annotate.lexicon.word_forms import remembered
from pipeline.annotate.lexicon.words import Lexicon, load_lexicon

__all__ = [
    "FOLDER",
    "Frame",
    "GivenNames",
    "Lexicon",
    "Verb",
    "load_given_names",
    "load_lexicon",
    "load_verbs",
    "remembered",
]
