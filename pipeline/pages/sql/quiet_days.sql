-- The days of the period on which a source named unusually few articles, newest first.
select
    source_id,
    day,
    seen,
    expected_low,
    expected_high
from coverage_ledger
where
    volume = 'quiet'
    and day between $from_on and $to_on
    and ($only_source is null or source_id = $only_source)
    and (
        $only_language is null
        or source_id in (
            select articles.source_id from parts.articles_without_text as articles
            where articles.language = $only_language
        )
    )
order by day desc, source_id
limit $row_limit
