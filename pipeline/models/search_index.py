"""The index of the full-text search: which words stand in which article.

It is kept from build to build, like the marts: of the articles that a build has written (schema `touched`), those that
are new or read differently are indexed. Words are stored with their stems, so a query is stemmed by looking its words
up, and the table macro `search` needs nothing but DuckDB. German and English words are stemmed, those of other
languages are their own stems.
"""

from __future__ import annotations

from functools import partial

import duckdb
import pyarrow as pa
import Stemmer

from pipeline.models.comments import TableDocs
from pipeline.models.sql import statement

DOCUMENTS_AT_ONCE = 20_000
"""Articles that are indexed in one pass. Their words are held in memory, and each pass reads all known words."""
DOCS = {
    "search.documents": TableDocs(
        table="One row per article in the index of `search`.",
        columns={
            "document_no": "The article's number within the index; it may change from build to build.",
            "article_id": "The article.",
            "extraction_id": "The extraction whose words are in the index.",
            "language": "The article's language, in which its words were stemmed.",
            "words": "Number of words of headline, lead and text.",
        },
    ),
    "search.words": TableDocs(
        table="One row per word and language in the index of `search`.",
        columns={
            "word": "The word as it stands in articles, in lower case.",
            "language": "The language of these articles; empty if unknown.",
            "term_no": "The stem of the word in that language.",
        },
    ),
    "search.terms": TableDocs(
        table="One row per stem.",
        columns={"term_no": "The stem's number within the index.", "term": "The stem."},
    ),
    "search.postings": TableDocs(
        table="One row per stem and article that contains it.",
        columns={
            "term_no": "The stem.",
            "document_no": "The article.",
            "weight": "How often: in the text once, in the lead twice, in the headline three times.",
        },
    ),
}


def update_search(con: duckdb.DuckDBPyConnection, *, commit_each_pass: bool) -> int:
    """Index the articles that the index does not have in their newest form, in a transaction that the caller has begun
    and ends; return their number.

    Uncommitted, the passes of a million articles need 0.6 GB of memory, which DuckDB's limit does not count.
    """
    con.execute(statement("create_search"))
    con.execute(statement("delete_outdated_documents"))
    con.execute(statement("documents_to_index"))
    ((first, last),) = con.table("documents_to_index").aggregate("min(document_no), max(document_no)").fetchall()
    if first is None:
        return 0
    for number in range(first, last + 1, DOCUMENTS_AT_ONCE):
        con.execute(statement("new_documents"), {"first": number, "last": number + DOCUMENTS_AT_ONCE - 1})
        con.execute(statement("new_words"))
        con.execute(statement("known_words"))
        if unknown := con.execute(statement("unknown_words")).to_arrow_table():
            con.register("stemmed", _stemmed(unknown))
            con.execute(statement("insert_words"))
            con.unregister("stemmed")
        con.execute(statement("insert_postings"))
        if commit_each_pass:
            con.commit()
            con.begin()
    return int(last - first + 1)


def _stemmed(words: pa.Table) -> pa.Table:
    """The words with their stems as a third column."""
    stems = {"de": partial(stem_german, Stemmer.Stemmer("german")), "en": Stemmer.Stemmer("english").stemWord}
    pairs = zip(words["word"].to_pylist(), words["language"].to_pylist(), strict=True)
    terms = [stems[language](word) if language in stems else word for word, language in pairs]
    return words.append_column("term", pa.array(terms, pa.string()))


def stem_german(stemmer: Stemmer.Stemmer, word: str) -> str:
    """The stem with its umlauts, which Snowball's stemmer removes: "schön" is not "schon". ß becomes ss."""
    spelled = word.replace("ß", "ss")
    return spelled[: len(stemmer.stemWord(spelled))]
