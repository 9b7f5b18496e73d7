-- Where the record of an event lies in the archive.
with records as (
    select
        position,
        article_id,
        warc_file,
        warc_offset,
        warc_length
    from events.article_captured
    union all
    select
        position,
        article_id,
        warc_file,
        warc_offset,
        warc_length
    from events.article_revisited
)

select
    records.position,
    article_addresses.article_id,
    records.warc_file,
    records.warc_offset,
    records.warc_length
from records
inner join article_addresses on records.article_id = article_addresses.address_id
where records.position = $position and records.warc_file is not null
