-- articles_without_text: one row per article, with the content of its newest revision; `articles` adds the text
{{ config(materialized='incremental', schema='parts', unique_key='article_id') }}
with newest_revisions as (
    select *
    from {{ written(ref('revisions_without_text')) }}
    qualify row_number() over (partition by article_id order by revision_no desc) = 1
),

first_revisions as (
    select
        article_id,
        captured_at
    from {{ written(ref('revisions_without_text')) }}
    where revision_no = 1
),

items as (
    select
        article_id,
        min(occurred_at) as first_seen_at,
        min(published_at) as published_at
    from {{ of_articles('item_discovered') }}
    group by article_id
),

last_presences as (
    -- captures of the feed's own text do not show that the page was there
    select
        article_id,
        max(seen_at) as seen_at,
        bool_or(is_live) as was_live
    from (
        select
            article_id,
            captured_at as seen_at,
            via = 'live' as is_live
        from {{ of_articles('article_captured') }}
        where via != 'feed'
        union all
        select
            article_id,
            occurred_at as seen_at,
            true as is_live
        from {{ of_articles('article_revisited') }}
        where outcome in ('unchanged', 'changed')
    )
    group by article_id
),

gone as (
    -- one absence may be a mistake of the server, unless it says 410 or the page was never seen on its site
    select
        absences.article_id,
        min(absences.missed_at) as gone_at
    from {{ written(ref('article_absences')) }} as absences
    left join last_presences on absences.article_id = last_presences.article_id
    where last_presences.seen_at is null or absences.missed_at > last_presences.seen_at
    group by absences.article_id
    having count(*) > 1 or bool_or(absences.status = 410) or not coalesce(any_value(last_presences.was_live), false)
),

annotations as (
    select
        annotations.extraction_id,
        any_value(annotations.language) as language,
        count(quotes.event_id) as quote_count
    from {{ ref('current_annotations') }} as annotations
    left join {{ of_articles('quote_extracted') }} as quotes
        on
            annotations.extraction_id = quotes.caused_by
            and annotations.producer = quotes.producer
            and quotes.kind = 'direct'
    group by annotations.extraction_id
),

captions as (
    select
        caused_by as extraction_id,
        count(*) as captions_stripped
    from {{ of_articles('boilerplate_stripped') }}
    where kind = 'video_caption'
    group by caused_by
),

articles as (
    select
        revisions.* exclude (language, published_at, captured_at), -- noqa: RF02
        coalesce(revisions.language, annotations.language) as language,
        coalesce(revisions.published_at, items.published_at) as published_at,
        coalesce(items.first_seen_at, first_revisions.captured_at) as first_seen_at,
        first_revisions.captured_at,
        case when revisions.revision_no > 1 then revisions.captured_at end as revised_at,
        gone.gone_at,
        revisions.revision_no as revision_count,
        annotations.quote_count,
        coalesce(captions.captions_stripped, 0) as captions_stripped
    from newest_revisions as revisions
    inner join first_revisions on revisions.article_id = first_revisions.article_id
    left join items on revisions.article_id = items.article_id
    left join gone on revisions.article_id = gone.article_id
    left join annotations on revisions.extraction_id = annotations.extraction_id
    left join captions on revisions.extraction_id = captions.extraction_id
)

select {{ described_columns('articles', without='text') }}, extraction_position
from articles
