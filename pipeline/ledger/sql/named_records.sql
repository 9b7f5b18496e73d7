-- What events say about the records that they name in these WARC files, the first and the last of which are given, in
-- the order of the archive.
with named as (
    select
        position,
        warc_file,
        warc_offset,
        warc_length,
        warc_digest,
        warc_type,
        final_url as url,
        via = 'wayback' as is_replay,
        case when warc_type != 'resource' then status end as status,
        captured_at as earliest,
        -- a web archive gives the page later than its capture
        case when via = 'wayback' then occurred_at else captured_at end as latest,
        payload_digest,
        warc_payload_digest
    from ledger.article_captured

    union all

    select
        position,
        warc_file,
        warc_offset,
        warc_length,
        warc_digest,
        warc_type,
        final_url as url,
        false as is_replay,
        status,
        occurred_at as earliest,
        occurred_at as latest,
        payload_digest,
        warc_payload_digest
    from ledger.article_revisited

    union all

    select
        position,
        warc_file,
        warc_offset,
        warc_length,
        warc_digest,
        warc_type,
        final_url as url,
        false as is_replay,
        status,
        -- a poll occurs when it begins, and the host may have to be waited for
        occurred_at as earliest,
        occurred_at + interval 1 day as latest,
        payload_digest,
        warc_payload_digest
    from ledger.feed_polled

    union all

    select
        position,
        warc_file,
        warc_offset,
        warc_length,
        warc_digest,
        null as warc_type,
        null as url, -- it may have redirected
        false as is_replay,
        null as status,
        null as earliest, -- the record may be that of an earlier answer with the same bytes
        occurred_at as latest,
        payload_digest,
        null as warc_payload_digest
    from ledger.history_read
)

select *
from named
where warc_file between $first and $last and warc_file in (select unnest($names))
order by warc_file, warc_offset, position
