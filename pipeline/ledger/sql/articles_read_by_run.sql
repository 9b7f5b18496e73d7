-- Articles whose captures the run has read since it was started, and whether one was captured in the interval.
with readings as (
    select source_id, article_id
    from ledger.article_extracted
    where run_id = $run_id and recorded_at >= $started_at
    union
    select source_id, article_id
    from ledger.extraction_failed
    where run_id = $run_id and recorded_at >= $started_at
    union
    select source_id, article_id
    from ledger.article_annotated
    where run_id = $run_id and recorded_at >= $started_at
)

select
    readings.source_id,
    readings.article_id,
    bool_or(captures.article_id is not null) as captured_then
from readings
left join ledger.article_captured as captures
    on
        readings.article_id = captures.article_id
        and captures.occurred_at >= $start
        and captures.occurred_at < $end
group by readings.source_id, readings.article_id
