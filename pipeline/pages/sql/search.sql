-- The articles that contain all of the words, the best first; without words all articles, the newest first.
with found as (
    select
        article_id,
        score
    from main.search($words)
    union all
    select
        article_id,
        0 as score
    from parts.articles_without_text
    where $words = ''
),

hits as (
    select
        found.article_id,
        found.score,
        articles.source_id,
        articles.headline,
        articles.url,
        articles.language,
        articles.extraction_id,
        coalesce(articles.published_at, articles.first_seen_at) as dated_at
    from found
    inner join parts.articles_without_text as articles on found.article_id = articles.article_id
    where
        ($only_source is null or articles.source_id = $only_source)
        and ($only_language is null or articles.language = $only_language)
        and ($since_on is null or main.utc_day(dated_at) >= $since_on)
        and ($until_on is null or main.utc_day(dated_at) <= $until_on)
        and (
            $named is null or found.article_id in (
                select mentions.article_id from mentions
                where mentions.kind = 'person' and mentions.name = $named
            )
        )
    order by found.score desc, dated_at desc, found.article_id
    limit $hit_limit
),

texts as (
    -- by their place in the table: DuckDB reads such texts without scanning all of them
    select
        event_id,
        lead,
        text
    from events.article_extracted
    where rowid in (
        select extracted.rowid
        from events.article_extracted as extracted
        where extracted.event_id in (select hits.extraction_id from hits)
    )
),

persons_named as (
    select
        article_id,
        list(name order by times desc, name) as persons
    from (
        select
            article_id,
            name,
            count(*) as times
        from mentions
        where kind = 'person' and article_id in (select hits.article_id from hits)
        group by article_id, name
    ) as counted
    group by article_id
)

select
    hits.article_id,
    hits.source_id,
    hits.headline,
    hits.url,
    hits.language,
    hits.dated_at,
    regexp_replace(concat_ws(' ', texts.lead, texts.text), '\s+', ' ', 'g') as lead_and_text,
    main.passage(lead_and_text, $words) as passage,
    starts_with(lead_and_text, passage) as is_beginning,
    coalesce(persons_named.persons, []) as persons
from hits
inner join texts on hits.extraction_id = texts.event_id
left join persons_named on hits.article_id = persons_named.article_id
order by hits.score desc, hits.dated_at desc, hits.article_id
