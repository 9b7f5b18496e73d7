"""What every step works with during a run.

`stores` opens the ledger and the archive, and records events; `batching` lets many sources share its calls.
`run_interval` says which interval the run works on. For steps that fetch: `visits` collects from many sources at once,
`host_locks` keeps other runs away meanwhile, `page_batch` visits pages so that each ends in its own events, and
`page_events` builds them. `progress` reports how far a step is, `source_report` what was done for each source. Start
with `stores`.
"""
