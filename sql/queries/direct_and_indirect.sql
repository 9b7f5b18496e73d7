-- How much of what others said do outlets print, word for word or reported? By source.
-- `quoted_percent` is the share of the texts' characters that is within quotation marks. Parameters: since (a day).
with parameters as (
    select coalesce(cast(getvariable('since') as timestamptz), timestamptz '-infinity') as since_at
),

said as (
    select
        article_id,
        count(*) filter (where kind = 'direct') as direct_quotes,
        count(*) filter (where kind = 'indirect') as indirect_quotes,
        count(*) filter (where kind = 'direct' and person is null) as quotes_of_nobody_known,
        coalesce(sum(len(text)) filter (where kind = 'direct' and part = 'text'), 0) as quoted_characters
    from quotes
    group by article_id
)

select
    articles.source_id,
    count(*) as articles,
    round(coalesce(sum(said.direct_quotes), 0) / count(*), 1) as direct_quotes_an_article,
    round(coalesce(sum(said.indirect_quotes), 0) / count(*), 1) as indirect_quotes_an_article,
    round(100 * coalesce(sum(said.quoted_characters), 0) / nullif(sum(len(articles.text)), 0), 1) as quoted_percent,
    round(100 * sum(said.quotes_of_nobody_known) / nullif(sum(said.direct_quotes), 0), 1) as unattributed_percent
from articles
cross join parameters
left join said on articles.article_id = said.article_id
where
    articles.quote_count is not null
    and coalesce(articles.published_at, articles.first_seen_at) >= parameters.since_at
group by articles.source_id
order by quoted_percent desc, articles.source_id asc;
