-- The sums of the period, of all sources that are shown.
select
    cast(coalesce(sum(seen), 0) as bigint) as seen,
    cast(coalesce(sum(captured + captured_from_feed), 0) as bigint) as captured,
    cast(coalesce(sum(failed), 0) as bigint) as lost,
    cast(coalesce(sum(pending), 0) as bigint) as waiting,
    cast(coalesce(sum(gaps), 0) as bigint) as gaps,
    count_if(volume = 'quiet') as quiet_days,
    cast(coalesce(sum(unreadable), 0) as bigint) as unreadable,
    cast(coalesce(sum(polls), 0) as bigint) as polls,
    cast(coalesce(sum(polls_failed), 0) as bigint) as polls_failed
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
