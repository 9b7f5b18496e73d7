-- touched_runs: one row per run that has recorded something since the last build
{{ config(materialized='table', schema='touched') }}
select run_id
from {{ written(source('events', 'feed_polled')) }}
union
select run_id
from {{ written(source('events', 'item_discovered')) }}
union
select run_id
from {{ written(source('events', 'article_captured')) }}
union
select run_id
from {{ written(source('events', 'capture_failed')) }}
union
select run_id
from {{ written(source('events', 'article_revisited')) }}
union
select run_id
from {{ written(source('events', 'article_extracted')) }}
union
select run_id
from {{ written(source('events', 'extraction_failed')) }}
union
select run_id
from {{ written(source('events', 'article_annotated')) }}
union
select run_id
from {{ written(source('events', 'history_read')) }}
union
select run_id
from {{ written(source('events', 'run_failed')) }}
