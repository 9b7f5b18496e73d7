-- touched_backfills: one row per source of which a backfill has finished since the last build
{{ config(materialized='table', schema='touched') }}
select distinct source_id
from {{ written(source('events', 'backfill_finished')) }}
