"""Imported by the fork server before it forks worker processes, so that they share the tasks' modules, lexicons and
models instead of loading them again. Annotating a text loads them; a short text would not load the language model."""

import gc

from pipeline.annotate import annotate_text
from pipeline.collect import feeds
from pipeline.collect.discovery import probes
from pipeline.collect.pages import answers
from pipeline.steps import annotation_task, extraction_task

__all__ = ["annotation_task", "answers", "extraction_task", "feeds", "probes"]

for _text in (
    "„Die Fähre kommt heute nicht mehr in den Hafen“, sagte Karin Holm.",
    "“The ferry will not reach the harbour today,” said Karin Holm.",
):
    annotate_text(_text)

gc.freeze()  # workers share what is loaded; their collections do not visit it
