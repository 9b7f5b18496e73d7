-- Which archived bytes was a quotation read from, and which feed item led to them?
-- The record is `warc_length` bytes at `warc_offset` of `warc_file`, gzipped.
select
    quotes.text,
    quotes.person,
    quotes.url,
    quotes.warc_file,
    quotes.warc_offset,
    quotes.warc_length,
    quotes.payload_digest,
    quotes.producer as found_by,
    extractions.producer as read_by,
    captures.captured_at,
    items.title as item_title,
    items.feed_url,
    items.occurred_at as discovered_at
from quotes
inner join events.article_extracted as extractions on quotes.extraction_id = extractions.event_id
left join events.article_captured as captures on extractions.caused_by = captures.event_id
-- the newest item before the capture, because a page that had changed was captured by a revisit and not by an item
asof left join events.item_discovered as items
    on captures.article_id = items.article_id and captures.position >= items.position
where quotes.kind = 'direct'
order by captures.captured_at desc, quotes.article_id asc, quotes.start_char asc
limit 100;
