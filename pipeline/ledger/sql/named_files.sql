-- The archive's files, with the number of events that name a record in each.
with named as (
    select warc_file from ledger.article_captured
    union all
    select warc_file from ledger.article_revisited
    union all
    select warc_file from ledger.feed_polled
    union all
    select warc_file from ledger.history_read
)

select
    warc_file as name,
    count(*) as records
from named
where warc_file is not null
group by warc_file
order by warc_file
