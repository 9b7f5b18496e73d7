"""Columns, comments and rules of the event tables follow from the declarations of the event types."""

from __future__ import annotations

import pytest

from pipeline.events import EVENT_TYPES, Event, FeedPolled, QuoteExtracted, event_type
from pipeline.ledger.rows import table_schema
from pipeline.models.event_docs import accepted_values, describe, required_columns


def test_comments_are_the_docstrings_in_one_line() -> None:
    docs = describe(QuoteExtracted)
    assert docs.table.startswith("A quotation was found. Offsets are characters")
    assert docs.columns["speaker"] == 'As written in the text: "Merz", "der Kanzler".'
    assert docs.columns["source_id"] == "The source's id in sources.toml."
    assert docs.columns["position"] == "The event's place in the ledger, counted over all types without gaps."
    assert docs.columns["event_id"].endswith("It is made from producer, caused_by, start_char, end_char, part.")
    assert docs.columns["kind"] == "One of: direct, indirect."
    assert "start_char" not in docs.columns, "a field without a docstring has no comment"


def test_fields_that_allow_none_are_not_required() -> None:
    required = required_columns(FeedPolled)
    assert {"position", "event_id", "run_id", "source_id", "outcome", "warnings"} <= set(required)
    assert not {"caused_by", "status", "overlap"} & set(required)


def test_enums_give_the_accepted_values_also_if_none_is_allowed() -> None:
    assert accepted_values(FeedPolled)["warc_type"] == ["response", "revisit", "resource"]


@pytest.mark.parametrize("cls", EVENT_TYPES, ids=event_type)
def test_identity_and_references_name_fields_and_event_types(cls: type[Event]) -> None:
    assert set(cls.IDENTITY) <= set(cls.__struct_fields__)
    assert set(cls.REFERENCES) <= set(table_schema(cls).names)
    assert set(cls.REFERENCES.values()) <= {event_type(other) for other in EVENT_TYPES}
