-- article_coverage: one row per source and article that it has discovered, with the article's state
{{ config(materialized='incremental', unique_key='article_id') }}
with discovered as (
    select
        source_id,
        article_id,
        min(occurred_at) as discovered_at,
        max_by(canonical_url, position) as url,
        -- the last reason to fetch it, as in pipeline/ledger/sql/items_without_capture.sql
        coalesce(max(position) filter (where supersedes is not null), min(position)) as reason_position,
        max(occurred_at) filter (where supersedes is not null) as changed_at
    from {{ of_articles('item_discovered') }}
    group by source_id, article_id
),

sightings as (
    -- one for each item of a feed; events that say something new about it are no further ones
    select
        source_id,
        article_id,
        list_sort(list(cast(first_seen_at at time zone 'UTC' as date))) as sighted_on
    from (
        select
            source_id,
            article_id,
            min(occurred_at) as first_seen_at
        from {{ of_articles('item_discovered') }}
        group by source_id, feed_url, guid, article_id
    )
    group by source_id, article_id
),

captured as (
    select
        article_id,
        bool_or(via != 'feed') as had_its_page,
        max(captured_at) as captured_at
    from {{ of_articles('article_captured') }}
    group by article_id
),

failures as (
    -- a failure belongs to the item that caused it and to no later one
    select
        items.source_id,
        items.article_id,
        max(items.position) as item_position,
        max_by(failures.will_retry, failures.position) as will_retry,
        max_by(failures.reason, failures.position) as reason,
        max_by(failures.occurred_at, failures.position) as occurred_at
    from {{ of_articles('capture_failed') }} as failures
    inner join {{ of_articles('item_discovered') }} as items
        on failures.caused_by = items.event_id and failures.article_id = items.article_id
    group by items.source_id, items.article_id
),

payloads as (
    select distinct
        article_id,
        payload_digest
    from {{ of_articles('article_captured') }}
),

readings as (
    select
        payloads.article_id,
        case
            when count(verdicts.extraction_id) > 0 then 'extracted'
            when bool_or(verdicts.article_id is null) then 'awaiting_extraction'
            else 'unreadable'
        end as reading
    from payloads
    left join {{ ref('current_extractions') }} as verdicts
        on payloads.article_id = verdicts.article_id and payloads.payload_digest = verdicts.payload_digest
    group by payloads.article_id
),

states as (
    select
        discovered.source_id,
        discovered.article_id,
        discovered.url,
        discovered.discovered_at,
        sightings.sighted_on,
        readings.reading,
        coalesce(captured.captured_at < discovered.changed_at, false) as is_outdated,
        failures.reason,
        failures.occurred_at,
        case
            when captured.had_its_page then 'captured'
            when captured.article_id is not null then 'captured_from_feed'
            when failures.item_position >= discovered.reason_position and not failures.will_retry then 'failed'
            else 'pending'
        end as state
    from discovered
    inner join sightings on discovered.source_id = sightings.source_id and discovered.article_id = sightings.article_id
    left join captured on discovered.article_id = captured.article_id
    left join readings on discovered.article_id = readings.article_id
    left join failures on discovered.source_id = failures.source_id and discovered.article_id = failures.article_id
)

select
    source_id,
    article_id,
    url,
    discovered_at,
    cast(discovered_at at time zone 'UTC' as date) as discovered_on,
    sighted_on,
    state,
    if(state = 'failed', reason, null) as failed_reason,
    if(state = 'failed', occurred_at, null) as failed_at,
    reading,
    is_outdated
from states
