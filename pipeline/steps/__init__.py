"""The steps: each asks the ledger what is pending, does the work, and appends the events that came of it.

In the order the data takes: `collect` runs `poll` (feeds ▶ items), `capture` (items ▶ archived pages) and `revisit`
(archived pages, again) for many sources at once; `extract` turns pages into articles, `join` finds the addresses that
are the same article, and `annotate` turns articles into quotations and mentions; `processing` lists these three.
`backfill/` does all of this for a past interval; `maintain` keeps the ledger's files few and verifies them. `run/`
holds what all steps work with. Airflow, the command line and the tests call the same functions. Start with `extract`,
the shortest step.
"""
