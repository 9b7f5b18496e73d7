-- All event tables together hold every position from 1 to the head once: nothing is missing, doubled or too new.
with positions as (
    select position from {{ ref('feed_polled') }}
    union all
    select position from {{ ref('item_discovered') }}
    union all
    select position from {{ ref('article_captured') }}
    union all
    select position from {{ ref('capture_failed') }}
    union all
    select position from {{ ref('article_extracted') }}
    union all
    select position from {{ ref('extraction_failed') }}
    union all
    select position from {{ ref('boilerplate_stripped') }}
    union all
    select position from {{ ref('video_embedded') }}
    union all
    select position from {{ ref('article_annotated') }}
    union all
    select position from {{ ref('quote_extracted') }}
    union all
    select position from {{ ref('entity_mentioned') }}
    union all
    select position from {{ ref('history_read') }}
    union all
    select position from {{ ref('backfill_finished') }}
    union all
    select position from {{ ref('article_revisited') }}
    union all
    select position from {{ ref('run_failed') }}
)

select
    count(*) as events,
    count(distinct position) as positions,
    max(position) as last_position
from positions
having
    count(*) != {{ head_position() }}
    or count(distinct position) != {{ head_position() }}
    or coalesce(max(position), 0) != {{ head_position() }}
