-- What was seen, captured and lost: a row for each source, with its days.
with sources as (
    select distinct source_id
    from coverage_ledger
    where
        day between $from_on and $to_on
        and ($only_source is null or source_id = $only_source)
        and (
            $only_language is null
            or source_id in (
                select articles.source_id from parts.articles_without_text as articles
                where articles.language = $only_language
            )
        )
),

days as (
    select cast(unnest(generate_series($from_on, $to_on, interval 1 day)) as date) as day
),

counts as (
    select
        sources.source_id,
        days.day,
        coverage_ledger.polls,
        coverage_ledger.seen,
        coverage_ledger.captured + coverage_ledger.captured_from_feed as captured,
        coverage_ledger.failed as lost,
        coverage_ledger.pending as waiting,
        coverage_ledger.gaps,
        coverage_ledger.volume
    from sources
    cross join days
    left join coverage_ledger on sources.source_id = coverage_ledger.source_id and days.day = coverage_ledger.day
)

select
    source_id,
    list({
        'day': day,
        'polls': polls,
        'seen': seen,
        'captured': captured,
        'lost': lost,
        'waiting': waiting,
        'gaps': gaps,
        'volume': volume
    } order by day) filter (where day > cast($to_on as date) - cast($day_limit as integer)) as days,
    max(seen) as most_seen,
    cast(sum(seen) as bigint) as seen,
    cast(sum(lost) as bigint) as lost
from counts
group by source_id
order by source_id
limit $row_limit
