"""Find what a build has to write again: schemas `touched` and `written` of the build file.

An event touches its address, and an address touches all those that it is joined to, directly or through others. Their
articles are written again, those that they belonged to before this build and those that they belong to now: a join may
take an address away from an article. An article has the id of one of its addresses, so the touched addresses are the
touched articles, too. The persons whom they name are touched, and those whom they named before
(sql/models/touched/). `touched` also has the events of touched addresses, of all times. The models read nothing else,
and need not know which build they are part of.

The schemas exist only while a build is unfinished. A build that writes everything reads views of schema `events`.
Nothing is touched then and nothing is deleted.
"""

from __future__ import annotations

from duckdb import CatalogException, DuckDBPyConnection

from pipeline.events import EVENT_TYPES, Event, event_type
from pipeline.models.build_file import BuiltFrom, drop_working_tables
from pipeline.models.event_source import article_types
from pipeline.models.sql import statement


def touch_new(con: DuckDBPyConnection, last: BuiltFrom, now: BuiltFrom) -> None:
    """Find what the events recorded since the last build touch."""
    _begin(con, last.head_position, now)
    for cls in article_types():
        con.execute(statement("touch_new_addresses").format(table=event_type(cls)))
    for name in ("touch_joined_addresses", "keep_persons_before", "keep_days_before", "keep_word_changes"):
        con.execute(statement(name))
    for cls in article_types():
        first_position = _first_position(con, cls)
        con.execute(statement("copy_touched").format(table=event_type(cls), first_position=first_position))


def _first_position(con: DuckDBPyConnection, cls: type[Event]) -> int:
    """A position before which no event of the type is about a touched address: an event stands after its cause, which
    is about the same address. `events` declares each cause before its effects, so it has been copied."""
    cause = cls.REFERENCES.get("caused_by")
    if cause is None:
        return 0
    ((first_position,),) = con.table(f"touched.{cause}").aggregate("coalesce(min(position), 0)").fetchall()
    return int(first_position)


def touch_everything(con: DuckDBPyConnection, now: BuiltFrom) -> None:
    """Have all tables written whole, or tested whole. Comparisons of texts that the last build made are kept."""
    _begin(con, 0, now)
    if _columns(con, "main.word_changes") == _columns(con, "touched.word_changes_before"):
        con.execute("insert into touched.word_changes_before from main.word_changes")
    for cls in article_types():
        con.execute(f"create view touched.{event_type(cls)} as from events.{event_type(cls)}")


def _begin(con: DuckDBPyConnection, after_position: int, now: BuiltFrom) -> None:
    drop_working_tables(con)
    con.execute(statement("begin_touching").format(after_position=after_position, head_position=now.head_position))
    con.execute("update touched.span set head_digest = ?", [now.head_digest])
    for cls in EVENT_TYPES:
        table = event_type(cls)
        con.execute(f"create view written.{table} as from events.{table} where position > {after_position}")


def _columns(con: DuckDBPyConnection, table: str) -> list[str]:
    """The table's columns; none if it does not exist."""
    try:
        return con.table(table).columns
    except CatalogException:
        return []
