-- What each run of the chosen days recorded, newest first.
with recorded as (
    select run_id, source_id, recorded_at, occurred_at, 'poll' as what from events.feed_polled
    union all
    select run_id, source_id, recorded_at, occurred_at, 'item' as what from events.item_discovered
    union all
    select run_id, source_id, recorded_at, occurred_at, 'capture' as what from events.article_captured
    union all
    select run_id, source_id, recorded_at, occurred_at, 'failure' as what from events.capture_failed
    union all
    select run_id, source_id, recorded_at, occurred_at, 'revisit' as what from events.article_revisited
    union all
    select run_id, source_id, recorded_at, occurred_at, 'extraction' as what from events.article_extracted
    union all
    select run_id, source_id, recorded_at, occurred_at, 'annotation' as what from events.article_annotated
)

select
    run_id,
    min(recorded_at) as first_at,
    max(recorded_at) as last_at,
    count(distinct source_id) as sources,
    list(distinct source_id order by source_id) as source_ids,
    count_if(what = 'poll') as polls,
    count_if(what = 'item') as items,
    count_if(what = 'capture') as captures,
    count_if(what = 'failure') as failures,
    count_if(what = 'revisit') as revisits,
    count_if(what = 'extraction') as extractions,
    count_if(what = 'annotation') as annotations
from recorded
where ($only_source is null or source_id = $only_source) and ($only_run is null or run_id = $only_run)
group by run_id
having
    ($since_on is null or main.utc_day(max(occurred_at)) >= $since_on)
    and ($until_on is null or main.utc_day(min(occurred_at)) <= $until_on)
order by last_at desc, run_id
limit $row_limit
