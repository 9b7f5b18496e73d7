select
    (
        select count(distinct feed_url) from ledger.feed_polled
        where caused_by is null
    ) as feeds,
    (select count(distinct row(feed_url, guid, article_id)) from ledger.item_discovered) as items,
    (select count(*) from ledger.article_captured) as captures,
    (select count(distinct article_id) from ledger.article_extracted) as articles,
    (select count(*) from ledger.quote_extracted) as quotes,
    (select count(*) filter (where kind = 'video_caption') from ledger.boilerplate_stripped) as stripped_captions
