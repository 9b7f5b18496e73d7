-- Where the record of an event lies in the archive.
with records as (
    select
        position,
        source_id,
        article_id,
        null as feed_url,
        warc_file,
        warc_offset,
        warc_length
    from events.article_captured
    union all
    select
        position,
        source_id,
        article_id,
        null as feed_url,
        warc_file,
        warc_offset,
        warc_length
    from events.article_revisited
    union all
    select
        position,
        source_id,
        null as article_id,
        feed_url,
        warc_file,
        warc_offset,
        warc_length
    from events.feed_polled
)

select
    records.position,
    records.source_id,
    article_addresses.article_id,
    md5(records.feed_url) as feed_key,
    records.warc_file,
    records.warc_offset,
    records.warc_length
from records
left join article_addresses on records.article_id = article_addresses.address_id
where
    records.position = $position
    and records.warc_file is not null
    and (article_addresses.article_id is not null or records.feed_url is not null)
