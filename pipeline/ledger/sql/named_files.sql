-- The archive's files, with the number of events that name a record in each, and where the last of these ends.
with named as (
    select warc_file, warc_offset, warc_length from ledger.article_captured
    union all
    select warc_file, warc_offset, warc_length from ledger.article_revisited
    union all
    select warc_file, warc_offset, warc_length from ledger.feed_polled
    union all
    select warc_file, warc_offset, warc_length from ledger.history_read
)

select
    warc_file as name,
    count(*) as records,
    max(warc_offset + warc_length) as end_offset
from named
where warc_file is not null
group by warc_file
order by warc_file
