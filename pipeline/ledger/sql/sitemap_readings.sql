-- When earlier runs have read the sources' sitemaps for this interval, and where each was last archived.
with reads as (
    select
        source_id,
        url,
        occurred_at,
        reason,
        payload_digest,
        warc_file,
        warc_offset,
        warc_length,
        warc_digest,
        interval_start = $start and interval_end = $end as is_of_interval
    from ledger.history_read
    where list_contains($source_ids, source_id) and via = 'sitemap' and occurred_at >= $recall_start
),

readings as (
    select
        source_id,
        url,
        max(occurred_at) filter (where is_of_interval) as tried_at,
        max(occurred_at) filter (where is_of_interval and reason is null) as read_at
    from reads
    group by source_id, url
),

records as (
    -- the same bytes have one record, however often they were read
    select
        source_id,
        url,
        payload_digest,
        min(occurred_at) as fetched_at,
        max(occurred_at) filter (where reason is null) as checked_at,
        struct_pack(
            warc_file := warc_file,
            warc_offset := warc_offset,
            warc_length := warc_length,
            warc_digest := any_value(warc_digest)
        ) as location
    from reads
    where warc_file is not null
    group by source_id, url, payload_digest, warc_file, warc_offset, warc_length
    qualify row_number() over (partition by source_id, url order by max(occurred_at) desc) = 1
)

select
    readings.source_id,
    readings.url,
    readings.tried_at,
    readings.read_at,
    records.checked_at,
    records.fetched_at,
    records.payload_digest,
    records.location
from readings
left join records using (source_id, url)
