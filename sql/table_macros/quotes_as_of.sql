-- quotes_as_of(moment, recorded := moment): the quotations in articles_as_of(moment, recorded) that were found by then
create or replace macro main.quotes_as_of(moment, recorded := null) as table (
    with asked as (
        select coalesce(cast(recorded as timestamptz), cast(moment as timestamptz)) as recorded_by
    ),

    articles as (
        select * from main.articles_as_of(moment, recorded := recorded)
    ),

    addresses as (
        select * from main.addresses_as_of(coalesce(cast(recorded as timestamptz), cast(moment as timestamptz)))
    ),

    annotations as (
        -- annotations of the article's text, whichever capture it was read from; `quotes` prefers the same annotators
        select
            articles.article_id,
            annotations.caused_by as extraction_id,
            annotations.producer,
            coalesce(
                list_position(build_info.annotators, split_part(split_part(annotations.producer, '@', 1), '-', 1)),
                len(build_info.annotators) + 1
            ) as preference,
            try_cast(string_split(split_part(annotations.producer, '@', 2), '.') as bigint[]) as version,
            annotations.position
        from articles
        inner join (
            select
                readings.event_id,
                readings.text_digest,
                coalesce(addresses.article_id, readings.article_id) as article_id
            from events.article_extracted as readings
            left join addresses on readings.article_id = addresses.address_id
        ) as readings on articles.article_id = readings.article_id and articles.text_digest = readings.text_digest
        inner join events.article_annotated as annotations on readings.event_id = annotations.caused_by
        inner join asked on annotations.recorded_at <= asked.recorded_by
        cross join main.build_info
        where annotations.failure is null and annotations.quotes is not null
    ),

    preferred as (
        select
            article_id,
            extraction_id,
            producer
        from annotations
        qualify row_number() over (
            partition by article_id order by preference asc, version desc nulls last, position desc
        ) = 1
    )

    select
        quotes.event_id as quote_id,
        articles.article_id,
        articles.source_id,
        articles.headline,
        articles.published_at,
        articles.url,
        quotes.kind,
        quotes.person,
        quotes.speaker,
        quotes.cue,
        quotes.text,
        quotes.start_char,
        quotes.end_char,
        quotes.rule,
        quotes.confidence,
        quotes.producer,
        articles.captured_at,
        articles.last_seen_at,
        preferred.extraction_id
    from articles
    inner join preferred on articles.article_id = preferred.article_id
    inner join events.quote_extracted as quotes
        on preferred.extraction_id = quotes.caused_by and preferred.producer = quotes.producer
);
