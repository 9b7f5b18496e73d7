-- Who reported on something first, and how long after that did the others follow?
-- Parameters: term (words as `newsledger search` takes them: in any form, or between quotation marks as they stand in
-- the text; default: the place or organisation that most articles name), since (a day; default: 30 days before the
-- newest article).
with parameters as (
    select
        coalesce(getvariable('term'), (
            select '"' || most.name || '"'
            from (
                select
                    name,
                    count(distinct article_id) as articles
                from mentions
                where kind != 'person'
                group by name
                order by articles desc, name asc
                limit 1
            ) as most
        )) as term,
        coalesce(
            cast(getvariable('since') as timestamptz),
            (select max(latest.first_seen_at) - interval 30 days from articles as latest)
        ) as since_at
),

reports as (
    select
        found.source_id,
        found.headline,
        found.url,
        found.published_at as reported_at
    from search((select parameters.term from parameters)) as found
    where found.published_at >= (select parameters.since_at from parameters)
)

select
    parameters.term,
    reports.source_id,
    min(reports.reported_at) as first_reported_at,
    date_diff(
        'minute', (select min(earliest.reported_at) from reports as earliest), min(reports.reported_at)
    ) as minutes_after_the_first,
    count(*) as articles,
    arg_min(reports.headline, reports.reported_at) as first_headline,
    arg_min(reports.url, reports.reported_at) as first_url
from reports
cross join parameters
group by parameters.term, reports.source_id
order by first_reported_at, reports.source_id;
