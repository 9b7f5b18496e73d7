-- What the next poll of each feed needs to know about the last ones.
with polls as (
    select
        *,
        outcome in ('ok', 'moved', 'not_modified') as succeeded,
        outcome in ('ok', 'moved') as was_read,
        occurred_at - to_seconds(coalesce(age_seconds, 0)) as read_at,
        row_number() over newest_first as poll_no
    from ledger.feed_polled
    where list_contains($source_ids, source_id) and occurred_at >= $recall_start and outcome != 'put_off'
    window newest_first as (partition by source_id, feed_url order by position desc)
),

last_polls as (
    select source_id, feed_url, occurred_at, outcome, asked_url, retry_at, succeeded
    from polls
    where poll_no = 1
),

last_reads as (
    select source_id, feed_url, position, items, overlap, newest_articles, etag, last_modified
    from polls
    where was_read
    qualify row_number() over (partition by source_id, feed_url order by position desc) = 1
),

filled_reads as (
    -- The same bytes again may come from a cache, like a 304, so they do not show that nothing came since.
    select
        *,
        coalesce(
            payload_digest != lag(payload_digest) over (partition by source_id, feed_url order by position), true
        ) as is_other_body
    from polls
    where was_read and newest_articles is not null
),

last_filled_reads as (
    -- A reading without a verdict is the first one or an older copy, which does not say what came since.
    select
        source_id,
        feed_url,
        coalesce(max(read_at) filter (where overlap is not null and is_other_body), min(read_at)) as last_read_at,
        max_by(newest_articles, position) as newest_articles
    from filled_reads
    group by source_id, feed_url
),

last_responses as (
    select source_id, feed_url, warc_payload_digest, final_url, occurred_at
    from polls
    where warc_type = 'response'
    qualify row_number() over (partition by source_id, feed_url order by position desc) = 1
),

last_listings as (
    select
        source_id,
        feed_url,
        {
            'warc_file': warc_file, 'warc_offset': warc_offset, 'warc_length': warc_length, 'warc_digest': warc_digest
        } as listing
    from polls
    where was_read and warc_type = 'response'
    qualify row_number() over (partition by source_id, feed_url order by position desc) = 1
),

totals as (
    select
        source_id,
        feed_url,
        max(position) filter (where succeeded) as last_success_position,
        coalesce(bool_or(list_contains(warnings, 'lying_304')), false) as lied
    from polls
    group by source_id, feed_url
),

failures as (
    select polls.source_id, polls.feed_url, count(*) as failures_in_a_row
    from polls
    inner join totals using (source_id, feed_url)
    where polls.position > coalesce(totals.last_success_position, 0)
    group by polls.source_id, polls.feed_url
),

unmodified as (
    select polls.source_id, polls.feed_url, count(*) as not_modified_in_a_row
    from polls
    inner join last_reads using (source_id, feed_url)
    where polls.outcome = 'not_modified' and polls.position > last_reads.position
    group by polls.source_id, polls.feed_url
),

moves as (
    select source_id, feed_url, any_value(moved_to) as moved_to
    from polls
    where poll_no <= $consistent_moves
    group by source_id, feed_url
    having
        count(*) = $consistent_moves and bool_and(succeeded)
        and count(moved_to) = $consistent_moves and count(distinct moved_to) = 1
),

successes as (
    select
        source_id,
        feed_url,
        occurred_at,
        coalesce(new_items, 0) as new_items,
        epoch(occurred_at - lag(occurred_at) over (partition by source_id, feed_url order by position)) / 3600 as hours
    from polls
    where succeeded
),

turnovers as (
    select
        source_id,
        feed_url,
        max(new_items / greatest(hours, 0.25)) as peak_items_per_hour
    from successes
    where hours is not null and occurred_at >= $turnover_start
    group by source_id, feed_url
)

select
    last_polls.source_id,
    last_polls.feed_url,
    last_polls.occurred_at as last_polled_at,
    last_polls.outcome as last_outcome,
    last_polls.retry_at,
    coalesce(moves.moved_to, if(last_polls.succeeded, last_polls.asked_url, null)) as adopted_url,
    totals.lied,
    coalesce(failures.failures_in_a_row, 0) as failures_in_a_row,
    coalesce(unmodified.not_modified_in_a_row, 0) as not_modified_in_a_row,
    last_reads.items,
    last_reads.overlap,
    last_filled_reads.last_read_at,
    last_filled_reads.newest_articles,
    last_reads.etag,
    last_reads.last_modified,
    turnovers.peak_items_per_hour,
    last_responses.warc_payload_digest,
    last_responses.final_url,
    last_responses.occurred_at as captured_at,
    last_listings.listing
from last_polls
inner join totals using (source_id, feed_url)
left join last_reads using (source_id, feed_url)
left join last_filled_reads using (source_id, feed_url)
left join last_responses using (source_id, feed_url)
left join last_listings using (source_id, feed_url)
left join failures using (source_id, feed_url)
left join unmodified using (source_id, feed_url)
left join moves using (source_id, feed_url)
left join turnovers using (source_id, feed_url)
