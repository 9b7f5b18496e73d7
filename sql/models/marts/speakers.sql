-- speakers: one row per person and source that quotes the person: how often, in which way, and since when
{{ config(materialized='incremental', unique_key='person', meta={'touched': 'touched_persons'}) }}
select
    quotes.person,
    quotes.source_id,
    count(distinct quotes.article_id) as articles,
    count(*) filter (where quotes.kind = 'direct') as direct_quotes,
    count(*) filter (where quotes.kind = 'indirect') as indirect_quotes,
    min(coalesce(quotes.published_at, articles.first_seen_at)) as first_heard_at,
    max(coalesce(quotes.published_at, articles.first_seen_at)) as last_heard_at
from {{ ref('quotes') }} as quotes
inner join {{ ref('articles') }} as articles on quotes.article_id = articles.article_id
where quotes.person in (select touched.name from {{ ref('touched_persons') }} as touched)
group by quotes.person, quotes.source_id
