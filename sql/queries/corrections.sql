-- Which articles did outlets correct, in which words, and how long after publication? Newest first.
-- Parameters: source (a source's id; all sources if not set), since (a day).
with parameters as (
    select
        getvariable('source') as source_id,
        coalesce(cast(getvariable('since') as timestamptz), timestamptz '-infinity') as since_at
),

noticed as (
    -- the first revision that has the notice in these words
    select
        article_id,
        correction,
        min(captured_at) as noticed_at
    from article_revisions
    where correction is not null
    group by article_id, correction
)

select
    noticed.noticed_at,
    articles.source_id,
    articles.headline,
    noticed.correction,
    date_diff('hour', articles.published_at, noticed.noticed_at) as hours_after,
    articles.url
from noticed
inner join articles on noticed.article_id = articles.article_id
cross join parameters
where
    noticed.noticed_at >= parameters.since_at
    and (parameters.source_id is null or articles.source_id = parameters.source_id)
order by noticed.noticed_at desc, articles.url asc
limit 200;
