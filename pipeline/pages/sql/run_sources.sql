-- The sources of a run, and when it recorded something about each.
with recorded as (
    select source_id, recorded_at from events.feed_polled
    where run_id = $run_id
    union all
    select source_id, recorded_at from events.item_discovered
    where run_id = $run_id
    union all
    select source_id, recorded_at from events.article_captured
    where run_id = $run_id
    union all
    select source_id, recorded_at from events.capture_failed
    where run_id = $run_id
    union all
    select source_id, recorded_at from events.article_revisited
    where run_id = $run_id
    union all
    select source_id, recorded_at from events.article_extracted
    where run_id = $run_id
    union all
    select source_id, recorded_at from events.article_annotated
    where run_id = $run_id
)

select
    source_id,
    min(recorded_at) as first_at,
    max(recorded_at) as last_at
from recorded
where $only_source is null or source_id = $only_source
group by source_id
order by source_id
limit $row_limit
