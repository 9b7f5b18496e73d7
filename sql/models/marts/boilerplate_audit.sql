-- boilerplate_audit: one row per day (UTC), source and rule that has removed something from articles of that day
{{ config(materialized='incremental', unique_key='day', meta={'touched': 'touched_news_days'}) }}
with read_on_days as (
    select
        {{ news_day('articles') }} as day,
        articles.source_id,
        articles.article_id,
        articles.extraction_id
    from {{ ref('articles_without_text') }} as articles
    where {{ news_day('articles') }} in (select touched.day from {{ ref('touched_news_days') }} as touched)
),

-- the rows are found by one column first; the others are large
blocks as (
    select *
    from {{ source('events', 'boilerplate_stripped') }}
    where rowid in (
        select found.rowid
        from {{ source('events', 'boilerplate_stripped') }} as found
        where found.caused_by in (select read_on_days.extraction_id from read_on_days)
    )
),

stripped as (
    select
        read_on_days.day,
        read_on_days.source_id,
        read_on_days.article_id,
        blocks.kind,
        blocks.rule,
        blocks.text
    from read_on_days
    inner join blocks on read_on_days.extraction_id = blocks.caused_by
),

texts as (
    select
        day,
        source_id,
        kind,
        rule,
        left(text, 200) as sample,
        count(*) as blocks,
        sum(len(text)) as characters
    from stripped
    group by all
),

articles as (
    select
        day,
        source_id,
        kind,
        rule,
        count(distinct article_id) as articles
    from stripped
    group by all
)

select
    texts.day,
    texts.source_id,
    texts.kind,
    texts.rule,
    cast(sum(texts.blocks) as bigint) as blocks,
    any_value(articles.articles) as articles,
    cast(sum(texts.characters) as bigint) as characters,
    list(texts.sample order by texts.blocks desc, texts.sample asc)[:3] as samples
from texts
inner join articles using (day, source_id, kind, rule)
group by texts.day, texts.source_id, texts.kind, texts.rule
