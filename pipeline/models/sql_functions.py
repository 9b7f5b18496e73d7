"""Python functions that the SQL models call during a build. Their results are stored, so the built file works alone."""

from __future__ import annotations

from typing import Any

import msgspec
from duckdb import DuckDBPyConnection

from pipeline.models.word_differences import compare_words

_DIFFERENCE = """struct(
    words_before bigint, words_after bigint, words_removed bigint, words_added bigint,
    changes struct(part varchar, op varchar, "old" varchar, "new" varchar, word_no bigint, cosmetic boolean)[]
)"""


def register_functions(con: DuckDBPyConnection) -> None:
    con.create_function("compare_words", _compare_words, ["varchar", "varchar", "varchar"], _DIFFERENCE)


def _compare_words(part: str, old: str, new: str) -> dict[str, Any]:
    """The difference between two texts. Each change has `part`, the part of the article that the texts are."""
    difference: dict[str, Any] = msgspec.to_builtins(compare_words(old, new))
    for change in difference["changes"]:
        change["part"] = part
    return difference
