-- Events that happened or were recorded in the interval and show that an article has another address: a feed gives its
-- item under a new address, its address redirects or does so now, its page names another address as its own, or another
-- address has the same text. What a backfill finds happened in the past and is recorded now.
with new_items as materialized (
    select
        event_id,
        source_id,
        article_id,
        url,
        guid,
        supersedes,
        redirector_url,
        -- Versions before poll@4 and recover@2 had other rules for addresses with these characters.
        producer in ('poll@1', 'poll@2', 'poll@3', 'recover@1')
        and regexp_matches(url, '[?#;(]|/\.|amp|:443') as has_older_address
    from ledger.item_discovered
    where
        (occurred_at >= $start and occurred_at < $end or recorded_at >= $start and recorded_at < $end)
        and (supersedes is not null or redirector_url is not null or has_older_address)
),

new_captures as materialized (
    select
        event_id,
        source_id,
        article_id,
        url,
        final_url,
        via
    from ledger.article_captured
    where occurred_at >= $start and occurred_at < $end or recorded_at >= $start and recorded_at < $end
),

changed_items as (
    select
        'guid' as evidence,
        items.source_id,
        items.article_id,
        items.event_id as caused_by,
        earlier.article_id as other_article_id,
        earlier.url as other_url,
        items.guid as detail
    from new_items as items
    inner join ledger.item_discovered as earlier on items.supersedes = earlier.event_id
    where earlier.occurred_at >= $recall_start and items.article_id != earlier.article_id
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
    from new_items
    where redirector_url is not null
),

older_articles as (
    select article_id
    from new_items
    where has_older_address
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
        and producer in ('poll@1', 'poll@2', 'poll@3', 'recover@1')
        and regexp_matches(url, '[?#;(]|/\.|amp|:443')
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
    from new_captures
    where via = 'live' and url != final_url
),

-- A page that was read before, and whose address now leads to what may be another article.
moves as (
    select
        'moved' as evidence,
        source_id,
        article_id,
        event_id as caused_by,
        null as other_article_id,
        final_url as other_url,
        final_url as detail
    from ledger.article_revisited
    where
        (occurred_at >= $start and occurred_at < $end or recorded_at >= $start and recorded_at < $end)
        and reason in ('to_other_article', 'to_other_page')
),

-- The captures are of the interval: a page may have been read after the interval ended, by the same run.
readings as materialized (
    select
        source_id,
        article_id,
        event_id,
        url,
        canonical_url,
        word_count,
        text_digest
    from ledger.article_extracted
    where occurred_at >= $start and caused_by in (select new_captures.event_id from new_captures)
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
select * from moves
union all
select * from redirects
union all
select * from canonicals
union all
select * from equal_texts
