-- What is known of these articles, to judge which of them are the same one.
with items as (
    select
        article_id,
        min(position) as first_position,
        min_by(occurred_at, position) as first_seen_at,
        list(distinct source_id) as source_ids,
        max_by(url, position) as url,
        max_by(title, position) as title,
        min_by(published_at, position) as published_at
    from ledger.item_discovered
    where article_id in (select unnest($article_ids))
    group by article_id
),

readings as (
    select
        article_id,
        max_by(headline, position) as headline,
        max_by(text, position) as text
    from ledger.article_extracted
    where article_id in (select unnest($article_ids)) and occurred_at >= $recall_start
    group by article_id
),

failures as (
    -- the page was given up, or nothing could be read from it
    select article_id, bool_or(failed) as failed
    from (
        select article_id, not max_by(will_retry, position) as failed
        from ledger.capture_failed
        where article_id in (select unnest($article_ids)) and occurred_at >= $recall_start
        group by article_id
        union all
        select distinct article_id, true as failed
        from ledger.extraction_failed
        where article_id in (select unnest($article_ids)) and occurred_at >= $recall_start
    ) as outcomes
    group by article_id
)

select
    items.article_id,
    items.first_position,
    items.first_seen_at,
    items.source_ids,
    items.url,
    coalesce(items.title, readings.headline) as title,
    items.published_at,
    readings.text,
    readings.text is null and not coalesce(failures.failed, false) as is_awaited
from items
left join readings using (article_id)
left join failures using (article_id)
