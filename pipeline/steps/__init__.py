"""The steps: pending facts ▶ work ▶ append. Airflow, the command line and the tests call these functions."""

from pipeline.steps.annotate import annotate
from pipeline.steps.collect import collect, recapture
from pipeline.steps.extract import extract
from pipeline.steps.poll import failed_polls
from pipeline.steps.stores import Progress, StepResult, Stores, lookback

__all__ = [
    "Progress",
    "StepResult",
    "Stores",
    "annotate",
    "collect",
    "extract",
    "failed_polls",
    "lookback",
    "recapture",
]
