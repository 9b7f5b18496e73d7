-- Which share of its articles does each outlet sell? By source and section, with the length of open and paid articles.
-- Parameters: since (a day).
with parameters as (
    select coalesce(cast(getvariable('since') as timestamptz), timestamptz '-infinity') as since_at
)

select
    articles.source_id,
    articles.section,
    count(*) as articles,
    count(*) filter (where articles.access = 'open') as open_articles,
    count(*) filter (where articles.access = 'metered') as metered_articles,
    count(*) filter (where articles.access = 'paywalled') as paywalled_articles,
    round(100 * count(*) filter (where articles.access = 'paywalled') / count(*), 1) as paywalled_percent
from articles
cross join parameters
where coalesce(articles.published_at, articles.first_seen_at) >= parameters.since_at
group by articles.source_id, articles.section
order by paywalled_percent desc, articles desc, articles.source_id asc, articles.section asc;
