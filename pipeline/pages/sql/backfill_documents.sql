-- The documents of the source's history that the backfill read; those of an interrupted run count for the next one.
with reads as (
    select
        history_read.occurred_at,
        history_read.via,
        history_read.url,
        history_read.reason,
        history_read.detail,
        history_read.entries,
        history_read.matches,
        history_read.new_items,
        finished.run_id
    from events.history_read
    inner join events.backfill_finished as finished
        on
            history_read.source_id = finished.source_id
            and history_read.interval_start >= finished.interval_start
            and history_read.interval_end <= finished.interval_end
            and history_read.position < finished.position
    where history_read.source_id = $source_id
    qualify row_number() over (partition by history_read.event_id order by finished.position) = 1
)

select
    occurred_at,
    via,
    url,
    reason,
    detail,
    entries,
    matches,
    new_items
from reads
where run_id = $run_id
order by occurred_at, url
limit $row_limit
