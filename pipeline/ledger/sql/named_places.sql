-- The archive's files, with the places at which an event names a record: its offset, and where it ends.
with named as (
    select warc_file, warc_offset, warc_length from ledger.article_captured
    union
    select warc_file, warc_offset, warc_length from ledger.article_revisited
    union
    select warc_file, warc_offset, warc_length from ledger.feed_polled
    union
    select warc_file, warc_offset, warc_length from ledger.history_read
)

select
    warc_file as name,
    list([warc_offset, warc_offset + warc_length] order by warc_offset) as places
from named
where warc_file is not null
group by warc_file
order by warc_file
