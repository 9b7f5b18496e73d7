"""The steps that process what was collected, in their order. Ingest, Airflow's tasks and `status` read this list."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from pipeline.collect import READERS
from pipeline.interval import Interval
from pipeline.ledger import Ledger
from pipeline.settings import Settings
from pipeline.steps.annotate import ANNOTATION_TASKS, annotate, count_pending_texts
from pipeline.steps.backfill.replay import (
    Captures,
    Scope,
    replay_annotation,
    replay_extraction,
    replay_joins,
    replay_learning,
)
from pipeline.steps.extract import EXTRACTION_TASKS, count_pending_captures, extract
from pipeline.steps.join import count_pending_pairs, join
from pipeline.steps.learn import count_pending_templates, learn
from pipeline.steps.run.stores import StepResult, Stores
from pipeline.stopping import stop_if_asked


class ProcessingStep(msgspec.Struct, frozen=True):
    """A step that reads the ledger and the archive only, so that it can be repeated for any interval."""

    name: str
    run: Callable[[Stores, Interval], StepResult]
    """Processes what is pending of an interval."""
    replay: Callable[[Stores, Scope, Captures], StepResult]
    """Processes what is pending of the captures of a past interval, for backfills."""
    pending: Callable[[Ledger, Settings, Interval], int]
    """The number of texts or pages of an interval that are pending."""
    tasks: tuple[str, ...] = ()
    """Modules that its worker processes need, for `workers.preload`."""


PROCESSING_STEPS = (
    ProcessingStep("extract", extract, replay_extraction, count_pending_captures, EXTRACTION_TASKS),
    ProcessingStep("learn", learn, replay_learning, count_pending_templates),
    ProcessingStep("join", join, replay_joins, count_pending_pairs),
    ProcessingStep("annotate", annotate, replay_annotation, count_pending_texts, ANNOTATION_TASKS),
)


ALL_TASKS = (*READERS, *(module for step in PROCESSING_STEPS for module in step.tasks))
"""Modules that worker processes need where one program collects and processes."""


def processing_step(name: str) -> ProcessingStep:
    """The step of this name. Raises KeyError."""
    return {step.name: step for step in PROCESSING_STEPS}[name]


def process(stores: Stores, interval: Interval) -> StepResult:
    """Run all steps on what is pending of the interval."""
    result = StepResult({})
    for step in PROCESSING_STEPS:
        stop_if_asked()
        result += step.run(stores, interval)
    return result
