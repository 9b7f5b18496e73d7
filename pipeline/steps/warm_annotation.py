"""Imported by the fork server, so that worker processes share the lexicons and the language model instead of loading
them again. Annotating a text loads them; a short text would not load the language model."""

from pipeline.annotate import annotate_text
from pipeline.steps import annotation_task

__all__ = ["annotation_task"]

for _text in (
    "„Die Fähre kommt heute nicht mehr in den Hafen“, sagte Karin Holm.",
    "“The ferry will not reach the harbour today,” said Karin Holm.",
):
    annotate_text(_text)
