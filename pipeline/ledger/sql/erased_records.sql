-- The archive's records that were erased, as they must be now.
with records as (
    select
        position,
        occurred_at,
        unnest(records, recursive => true) -- noqa: AL03
    from ledger.article_redacted
)

select
    warc_file,
    warc_offset,
    warc_length,
    max_by(warc_digest, position) as warc_digest,
    max_by(occurred_at, position) as erased_at
from records
group by warc_file, warc_offset, warc_length
order by warc_file, warc_offset
