-- The polls of the period before which items may have come and gone, newest first.
select
    source_id,
    occurred_at,
    feed_url,
    gap_from,
    gap_to
from events.feed_polled
where
    not overlap
    and caused_by is null
    and main.utc_day(occurred_at) between $from_on and $to_on
    and ($only_source is null or source_id = $only_source)
    and (
        $only_language is null
        or source_id in (
            select articles.source_id from parts.articles_without_text as articles
            where articles.language = $only_language
        )
    )
order by occurred_at desc, feed_url, position
limit $row_limit
