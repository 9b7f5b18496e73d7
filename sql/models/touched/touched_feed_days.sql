-- touched_feed_days: one row per feed and day (UTC) with polls that were recorded since the last build
{{ config(materialized='table', schema='touched') }}
select distinct
    source_id,
    feed_url,
    cast(occurred_at at time zone 'UTC' as date) as day
from {{ written(source('events', 'feed_polled')) }}
where outcome != 'put_off'
