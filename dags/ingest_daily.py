"""The daily run: plan ▶ collect ▶ extract ▶ learn ▶ join ▶ annotate ▶ build_models ▶ publish, sum_up ▶ verdict.

### What a run does

Each run is about one day, its *partition key*: `2026-03-14`. It is the date in the ids of scheduled and backfill runs
(`scheduled__2026-03-14__1c9f03ab`: point at a bar of the grid, or look at the tab *Runs*), and stands at the top of the
run's page and at each event of the asset. *Run After* is the time from which a run may start.

* **Scheduled** runs start every midnight (UTC) and are about the day that has ended. They poll all feeds, then capture,
  extract and annotate everything that is pending from the last seven days. So a run also makes up for missed days, as
  far as the feeds still show them.
* **Manual** runs do the same. With the partition key of an earlier day (Trigger ▸ Advanced Options), a manual run does
  what a backfill of that day does. Airflow makes its id before it looks at the key, so the id says when it was
  triggered (`manual__triggered_2026-03-15T09:30:00__…`); the form also takes an id of your own, such as
  `manual__2026-03-14`. Without a key, the day stands at the event of the asset. A logical date, which only the REST API
  takes, is in the id; one in the future is refused.
* **Backfill** runs first *recover* missing articles of the day from the sources' sitemaps, a web archive and, if
  configured, CC-NEWS. Pages are fetched live, or from the archive if they are gone. Then they *replay* the day: the
  current extractor and annotators process every capture that they have not processed yet. A backfill run of the last
  complete day also does what a scheduled run does; other backfill runs poll no feeds.

The articles of a day are those published on it, or first seen on it if their date is unknown. Runs may overlap: only
one run at a time collects from a host, one writes to the ledger, and one builds the models.

### Shards

`plan` deals the sources into a few shards, because a process costs more than most sources. Each is a mapped `collect`
task, named by its first and last source in alphabetical order: `3 of 4: bbc … dw`. Sources that share a host are in one
shard. Those with a low `requests_per_second` share the last shard, if there is more than one. The log has one line for
each source: what was polled and searched, what was new, what failed and why, bytes, seconds. A source that fails is
recorded and does not stop its shard. A shard that is tried again polls only the feeds that this run has not polled yet.

### Backfill

Choose Trigger ▸ Backfill. Both days are included; any range and order is possible, with several active runs.

* **Missing Runs** runs days that no run was about.
* **Missing and Errored Runs** also runs days whose newest run failed. What that run did is recorded, so only the rest
  is done.
* **All Runs** tries again to recover what each day is still missing (it searches the history at most once a day) and
  replays what a newer extractor or annotator has not processed. If nothing is missing, it does nothing.

A repeated day gets a new run. The earlier run of that day stays as it was, with its logs, parameters and counts.
Clearing a run is different: it repeats that very run.

Parameters: `sources` (empty means all), `recover` (off: nothing is requested from any site), `replay` (off: only pages
that this run has recovered are processed). The backfill form sends them only if *Override parameters on existing runs*
is ticked, also for days without a run. Airflow handles one backfill of a DAG at a time, and takes half a minute to
notice that one has ended.

### Failures

A mistake (an unknown source or parameter, a day that has not begun, a broken sources.toml, an unusable setting, a
backfill that should recover but has nobody to ask, a ledger of a newer version, no data directory, an empty one where
the ledger was) fails `plan` at once, without a retry, and nothing runs after it; the last line of its log says what to
correct. Clear `plan` then, or trigger a new run if its parameters were wrong: a cleared run has the same ones.
Everything else is tried again after one minute and after two more, also what a later task finds wrong in sources.toml,
which somebody is editing then; it does nothing twice. A run that takes longer than 20 hours is ended, and recorded like
a failed task.

### Results

In a backfill, `plan` logs what the ledger says there is to do for each source; `newsledger backfill FROM TO --dry-run`
also searches the history. `sum_up` returns how many feeds were polled and how many of them failed, even if a task
failed. In a backfill it also returns and logs how many articles were recovered, replayed, unchanged, lost and left
waiting. `verdict` fails the run if a task failed, if no feed could be read, or if no document of the history could be
fetched and no page was recovered. The mart `backfills` has a row for each backfill run and source. Documents that could
not be fetched are in `events.history_read`, with the reason.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from airflow.sdk import Asset, Param, dag, get_current_context
from airflow.sdk.configuration import conf
from newsledger_defaults import DAG_ARGS
from newsledger_tasks import first_task, step, this_run
from newsledger_timetable import DayTimetable

from pipeline.errors import NewsledgerError
from pipeline.models_pool import MODELS_POOL
from pipeline.settings import load_settings
from pipeline.sources import load_sources

NEWS = Asset(name="news.duckdb", uri="newsledger://news.duckdb", group="newsledger")
"""The published tables. The counts of each publication are the event's `extra`."""
SLOTS = conf.getint("core", "parallelism")
EVER = datetime(1970, 1, 1, tzinfo=UTC)
"""A manual run with a logical date before the start date has no task, and so succeeds without doing anything."""
IF_PLANNED = "all_done_min_one_success"
"""For `extract`, which comes after `plan` and the shards: it runs if all shards have failed, but not without a plan."""
IF_TRIED = "one_done"
"""Runs if the task before it has succeeded or failed, but not if that task did not run. A failure of one source or page
must not keep the others from being published; `verdict` then fails the run. After a failed `plan` nothing runs."""


def known_source_ids() -> list[str]:
    """The ids that the form offers. Empty if sources.toml cannot be read, because then the run says so."""
    try:
        return [source.id for source in load_sources(load_settings().sources)]
    except NewsledgerError:
        return []


@dag(
    schedule=DayTimetable(),
    start_date=EVER,
    max_active_runs=4,
    dagrun_timeout=timedelta(hours=20),
    params={
        "sources": Param(
            [],
            type=["array", "null"],  # the form marks what may not be null as required
            items={"type": "string"},  # `plan` says what is wrong with an id, and which ones are near
            examples=known_source_ids(),
            title="Sources",
            description="Ids from sources.toml. Empty means all.",
        ),
        "recover": Param(
            True,
            type=["boolean", "null"],
            title="Recover",
            description="Past days: search the sources' history for missing articles, and fetch them.",
        ),
        "replay": Param(
            True,
            type=["boolean", "null"],
            title="Replay",
            description="Past days: run the current extractor and annotators on archived pages.",
        ),
    },
    tags=["newsledger", "daily"],
    description="Collects a day's news, extracts, annotates and publishes it; backfills earlier days",
    doc_md=__doc__,
    **DAG_ARGS,
)
def ingest_daily() -> None:
    @step(guard=first_task)
    def plan() -> list[Mapping[str, Any]]:
        """Deal the sources into shards; fail at once if a person has to correct something."""
        from pipeline import orchestrate

        return orchestrate.plan_sources(this_run(), SLOTS)

    @step(map_index_template="{{ task.op_kwargs['shard']['label'] }}")
    def collect(shard: Mapping[str, Any]) -> dict[str, dict[str, int]]:
        """Poll a shard's feeds and capture new pages; recover those of a past day. The log has a line a source."""
        from pipeline import orchestrate

        return orchestrate.collect_shard(shard, this_run())

    @step(trigger_rule=IF_PLANNED)
    def extract() -> dict[str, int]:
        """Read articles from captured pages."""
        from pipeline import orchestrate

        return orchestrate.process("extract", this_run())

    @step(trigger_rule=IF_TRIED)
    def learn() -> dict[str, int]:
        """Learn what an outlet repeats on its pages, which is no part of its articles."""
        from pipeline import orchestrate

        return orchestrate.process("learn", this_run())

    @step(trigger_rule=IF_TRIED)
    def join() -> dict[str, int]:
        """Find the addresses under which one article was published."""
        from pipeline import orchestrate

        return orchestrate.process("join", this_run())

    @step(trigger_rule=IF_TRIED)
    def annotate() -> dict[str, int]:
        """Find quotations, speakers and names in the articles."""
        from pipeline import orchestrate

        return orchestrate.process("annotate", this_run())

    @step(pool=MODELS_POOL, trigger_rule=IF_TRIED)
    def build_models() -> dict[str, int]:
        """Build and test the tables."""
        from pipeline import orchestrate

        return orchestrate.build_models(this_run())

    @step(pool=MODELS_POOL, outlets=[NEWS])
    def publish() -> dict[str, int]:
        """Replace news.duckdb with the build, and send the asset's event with its counts."""
        from pipeline import orchestrate

        counts, day = orchestrate.publish_models(), this_run().day
        event = get_current_context()["outlet_events"][NEWS]
        event.extra = dict(counts)
        event.add_partitions(day)  # a manual run has a day, but no key
        return counts

    @step(trigger_rule=IF_TRIED)
    def sum_up() -> dict[str, int]:
        """Count polls, failures and, for a past day, recovered and replayed articles."""
        from pipeline import orchestrate

        return orchestrate.sum_up(this_run())

    @step(retries=0)
    def verdict(numbers: Mapping[str, int]) -> None:
        """Fail the run if a task failed, or if nothing at all could be read."""
        from pipeline import orchestrate

        orchestrate.conclude(numbers)

    planned = plan()
    collected = collect.expand(shard=planned)
    extracted, learned, joined, annotated = extract(), learn(), join(), annotate()
    built, published, numbers = build_models(), publish(), sum_up()
    [planned, collected] >> extracted >> learned >> joined >> annotated >> built >> [published, numbers]
    [collected, extracted, learned, joined, annotated, published] >> verdict(numbers)


ingest_daily()
