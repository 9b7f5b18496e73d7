"""SQL statements on the ledger, one a file: those of the ledger itself and the queries of the steps."""

from functools import cache
from importlib import resources


@cache
def statement(name: str) -> str:
    """The text of `<name>.sql`."""
    return resources.files(__package__).joinpath(f"{name}.sql").read_text("utf-8")


def literal(value: object) -> str:
    """The value as a SQL string, for statements that take no bound values."""
    return "'" + str(value).replace("'", "''") + "'"
