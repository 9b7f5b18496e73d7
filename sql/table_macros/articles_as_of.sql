-- articles_as_of(moment, recorded := moment): the articles as their pages read at that moment, from what was recorded
create or replace macro main.articles_as_of(moment, recorded := null) as table (
    with asked as (
        select
            cast(moment as timestamptz) as seen_by,
            coalesce(cast(recorded as timestamptz), cast(moment as timestamptz)) as recorded_by
    ),

    addresses as (
        select * from main.addresses_as_of(coalesce(cast(recorded as timestamptz), cast(moment as timestamptz)))
    ),

    captures as (
        select
            coalesce(addresses.article_id, captures.article_id) as article_id,
            coalesce(addresses.is_variant, false) as is_variant,
            captures.event_id as capture_id,
            captures.payload_digest,
            captures.via,
            captures.captured_at as seen_at,
            captures.position
        from events.article_captured as captures
        cross join asked
        left join addresses on captures.article_id = addresses.address_id
        where captures.captured_at <= asked.seen_by and captures.recorded_at <= asked.recorded_by
    ),

    revisits as (
        select
            coalesce(addresses.article_id, revisits.article_id) as article_id,
            revisits.event_id as revisit_id,
            revisits.capture_id,
            revisits.outcome,
            revisits.status,
            revisits.occurred_at as seen_at,
            revisits.position
        from events.article_revisited as revisits
        cross join asked
        left join addresses on revisits.article_id = addresses.address_id
        where revisits.occurred_at <= asked.seen_by and revisits.recorded_at <= asked.recorded_by
    ),

    sightings as (
        select
            article_id,
            is_variant,
            capture_id,
            payload_digest,
            via,
            seen_at,
            position
        from captures
        union all
        select
            captures.article_id,
            captures.is_variant,
            captures.capture_id,
            captures.payload_digest,
            captures.via,
            revisits.seen_at,
            revisits.position
        from revisits
        inner join captures on revisits.capture_id = captures.capture_id
        where revisits.outcome = 'unchanged'
    ),

    verdicts as (
        -- the last word by then of the newest version that had read a page, whether it found an article or not
        select
            coalesce(addresses.article_id, readings.article_id) as article_id,
            readings.payload_digest,
            arg_max_null(readings.extraction_id, row(readings.version, readings.position)) as extraction_id
        from (
            select
                article_id,
                payload_digest,
                event_id as extraction_id,
                recorded_at,
                position,
                coalesce(try_cast(split_part(producer, '@', 2) as bigint), 0) as version
            from events.article_extracted
            union all
            select
                article_id,
                payload_digest,
                null as extraction_id,
                recorded_at,
                position,
                coalesce(try_cast(split_part(producer, '@', 2) as bigint), 0) as version
            from events.extraction_failed
        ) as readings
        cross join asked
        left join addresses on readings.article_id = addresses.address_id
        where readings.recorded_at <= asked.recorded_by
        group by all
    ),

    readable as (
        select
            sightings.article_id,
            sightings.capture_id,
            sightings.via,
            sightings.seen_at,
            sightings.position,
            verdicts.extraction_id
        from sightings
        inner join verdicts
            on sightings.article_id = verdicts.article_id and sightings.payload_digest = verdicts.payload_digest
        where verdicts.extraction_id is not null
        -- the feed's own text, and another form of the page, are used only until the page itself could be read
        qualify
            dense_rank() over (
                partition by sightings.article_id order by sightings.via = 'feed', sightings.is_variant
            ) = 1
    ),

    newest as (
        select
            article_id,
            capture_id,
            via,
            extraction_id,
            min(seen_at) over (partition by article_id) as captured_at,
            seen_at as last_seen_at
        from readable
        qualify row_number() over (partition by article_id order by seen_at desc, position desc) = 1
    ),

    presences as (
        select
            article_id,
            max(seen_at) as seen_at,
            bool_or(is_live) as was_live
        from (
            select
                article_id,
                seen_at,
                via = 'live' as is_live
            from captures
            where via != 'feed'
            union all
            select
                article_id,
                seen_at,
                true as is_live
            from revisits
            where outcome in ('unchanged', 'changed')
        ) as sightings_of_pages
        group by article_id
    ),

    absences as (
        select
            coalesce(addresses.article_id, absences.address_id) as article_id,
            absences.missed_at,
            absences.status
        from main.article_absences as absences
        cross join asked
        left join addresses on absences.address_id = addresses.address_id
        where absences.missed_at <= asked.seen_by and absences.recorded_at <= asked.recorded_by
    ),

    gone as (
        select
            absences.article_id,
            min(absences.missed_at) as gone_at
        from absences
        left join presences on absences.article_id = presences.article_id
        where presences.seen_at is null or absences.missed_at > presences.seen_at
        group by absences.article_id
        having count(*) > 1 or bool_or(absences.status = 410) or not coalesce(any_value(presences.was_live), false)
    ),

    items as (
        select
            coalesce(addresses.article_id, items.article_id) as article_id,
            min(items.published_at) as published_at
        from events.item_discovered as items
        cross join asked
        left join addresses on items.article_id = addresses.address_id
        where items.recorded_at <= asked.recorded_by
        group by all
    )

    select
        newest.article_id,
        readings.source_id,
        readings.url,
        newest.via,
        readings.kicker,
        readings.headline,
        readings.lead,
        readings.text,
        readings.authors,
        readings.language,
        readings.section,
        readings.access,
        readings.correction,
        coalesce(readings.published_at, items.published_at) as published_at,
        readings.modified_at,
        newest.captured_at,
        newest.last_seen_at,
        gone.gone_at,
        readings.word_count,
        readings.text_digest,
        readings.producer,
        readings.payload_digest,
        newest.capture_id,
        newest.extraction_id
    from newest
    inner join events.article_extracted as readings on newest.extraction_id = readings.event_id
    left join items on newest.article_id = items.article_id
    left join gone on newest.article_id = gone.article_id
);
