"""Imported by the server that worker processes are forked from: their tasks, with the lexicons and models that are
loaded when a text is first read, so that no worker loads them again."""

from pipeline.annotate import annotate_text
from pipeline.steps import annotation_task, extraction_task

__all__ = ["annotation_task", "extraction_task"]

for _text in ("„Die Fähre kommt“, sagte Karin Holm.", "“The ferry is coming,” said Karin Holm."):
    annotate_text(_text)
