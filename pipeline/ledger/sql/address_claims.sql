-- Events that happened or were recorded in the interval and show that an article has another address: a feed gives its
-- item under a new address, its address redirects, its page names another address as its own, or another address has
-- the same text. What a backfill finds happened in the past and is recorded now.
with changed_items as (
    select
        'guid' as evidence,
        items.source_id,
        items.article_id,
        items.event_id as caused_by,
        earlier.article_id as other_article_id,
        earlier.url as other_url,
        items.guid as detail
    from ledger.item_discovered as items
    inner join ledger.item_discovered as earlier on items.supersedes = earlier.event_id
    where
        (
            items.occurred_at >= $start and items.occurred_at < $end
            or items.recorded_at >= $start and items.recorded_at < $end
        )
        and earlier.occurred_at >= $recall_start
        and items.article_id != earlier.article_id
),

redirectors as (
    select
        'original_link' as evidence,
        source_id,
        article_id,
        event_id as caused_by,
        null as other_article_id,
        redirector_url as other_url,
        redirector_url as detail
    from ledger.item_discovered
    where
        (occurred_at >= $start and occurred_at < $end or recorded_at >= $start and recorded_at < $end)
        and redirector_url is not null
),

-- Versions before poll@3 and recover@2 had other rules for addresses with these characters.
older_articles as (
    select article_id
    from ledger.item_discovered
    where
        (occurred_at >= $start and occurred_at < $end or recorded_at >= $start and recorded_at < $end)
        and producer in ('poll@1', 'poll@2', 'recover@1')
        and regexp_matches(url, '[?#;(]|/\.|amp')
),

older_items as (
    select
        'same_address' as evidence,
        source_id,
        article_id,
        event_id as caused_by,
        null as other_article_id,
        url as other_url,
        url as detail
    from ledger.item_discovered
    semi join older_articles using (article_id)
    where
        occurred_at >= $recall_start
        and producer in ('poll@1', 'poll@2', 'recover@1')
        and regexp_matches(url, '[?#;(]|/\.|amp')
),

redirects as (
    select
        'redirect' as evidence,
        source_id,
        article_id,
        event_id as caused_by,
        null as other_article_id,
        final_url as other_url,
        final_url as detail
    from ledger.article_captured
    where
        (occurred_at >= $start and occurred_at < $end or recorded_at >= $start and recorded_at < $end)
        and via = 'live' and url != final_url
),

-- The captures are of the interval: a page may have been read after the interval ended, by the same run.
readings as (
    select
        readings.source_id,
        readings.article_id,
        readings.event_id,
        readings.url,
        readings.canonical_url,
        readings.word_count,
        readings.text_digest
    from ledger.article_extracted as readings
    inner join ledger.article_captured as captures on readings.caused_by = captures.event_id
    where
        readings.occurred_at >= $start
        and (
            captures.occurred_at >= $start and captures.occurred_at < $end
            or captures.recorded_at >= $start and captures.recorded_at < $end
        )
),

canonicals as (
    select
        'canonical' as evidence,
        source_id,
        article_id,
        event_id as caused_by,
        null as other_article_id,
        canonical_url as other_url,
        canonical_url as detail
    from readings
    where canonical_url != url
),

new_texts as (
    select
        source_id,
        text_digest
    from readings
    where word_count >= $least_words
),

-- All readings of these texts.
texts as (
    select
        source_id,
        article_id,
        text_digest,
        regexp_extract(url, '^[^?#]*') as page,
        min_by(event_id, position) as event_id,
        min_by(url, position) as url,
        min(position) as position
    from ledger.article_extracted
    semi join new_texts using (source_id, text_digest)
    where occurred_at >= $recall_start
    group by source_id, article_id, text_digest, page
),

-- The first address of each path that has the text, …
page_firsts as (
    select
        source_id,
        page,
        text_digest,
        min_by(article_id, position) as article_id,
        min_by(event_id, position) as event_id,
        min_by(url, position) as url,
        min(position) as position
    from texts
    group by source_id, page, text_digest
),

-- … and the first one of all paths.
text_firsts as (
    select
        source_id,
        text_digest,
        min_by(article_id, position) as article_id,
        min_by(url, position) as url
    from page_firsts
    group by source_id, text_digest
),

equal_texts as (
    select
        'equal_text' as evidence,
        texts.source_id,
        texts.article_id,
        texts.event_id as caused_by,
        firsts.article_id as other_article_id,
        firsts.url as other_url,
        texts.text_digest as detail
    from texts
    inner join page_firsts as firsts using (source_id, page, text_digest)
    where texts.article_id != firsts.article_id
    union all
    select
        'equal_text' as evidence,
        page_firsts.source_id,
        page_firsts.article_id,
        page_firsts.event_id as caused_by,
        firsts.article_id as other_article_id,
        firsts.url as other_url,
        page_firsts.text_digest as detail
    from page_firsts
    inner join text_firsts as firsts using (source_id, text_digest)
    where page_firsts.article_id != firsts.article_id
)

select * from older_items
union all
select * from changed_items
union all
select * from redirectors
union all
select * from redirects
union all
select * from canonicals
union all
select * from equal_texts
