-- How many words have articles, by source?
-- A tenth of them is shorter than `shortest_tenth`, a tenth longer than `longest_tenth`. Paywalled articles are left
-- out, because only their beginning is on the page. Parameters: since (a day).
with parameters as (
    select coalesce(cast(getvariable('since') as timestamptz), timestamptz '-infinity') as since_at
)

select
    articles.source_id,
    count(*) as articles,
    cast(round(avg(articles.word_count)) as bigint) as average_words,
    cast(median(articles.word_count) as bigint) as median_words,
    cast(quantile_cont(articles.word_count, 0.1) as bigint) as shortest_tenth,
    cast(quantile_cont(articles.word_count, 0.9) as bigint) as longest_tenth,
    arg_max(articles.headline, articles.word_count) as longest_article
from articles
cross join parameters
where
    articles.access != 'paywalled'
    and coalesce(articles.published_at, articles.first_seen_at) >= parameters.since_at
group by articles.source_id
order by median_words desc, articles.source_id asc;
