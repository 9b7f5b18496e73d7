-- The archived feeds and documents of the history that these sources were read from since a time, unless they are
-- erased.
with documents as (
    select warc_file, warc_offset, warc_length
    from ledger.feed_polled
    where list_contains($source_ids, source_id) and occurred_at >= $since and warc_type = 'response'
    union
    select warc_file, warc_offset, warc_length
    from ledger.history_read
    where list_contains($source_ids, source_id) and occurred_at >= $since and warc_file is not null
),

erased as (
    select unnest(records, recursive => true)
    from ledger.article_redacted
)

select warc_file, warc_offset, warc_length
from documents
anti join erased using (warc_file, warc_offset)
order by warc_file, warc_offset
