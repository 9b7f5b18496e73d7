-- The archive's files, with the number of records in each that events name, also as erased.
with named as (
    select warc_file from ledger.article_captured
    union all
    select warc_file from ledger.article_revisited
    union all
    select warc_file from ledger.feed_polled
    union all
    select warc_file from ledger.history_read
    union all
    select unnest(list_transform(records, lambda record: record.warc_file)) from ledger.article_redacted
)

select
    warc_file as name,
    count(*) as records
from named
where warc_file is not null
group by warc_file
order by warc_file
