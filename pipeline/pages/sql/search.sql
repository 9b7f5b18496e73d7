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
    from articles
    where $words = ''
),

hits as (
    -- with the place in the table, because DuckDB reads texts by place without scanning all of them
    select
        articles.rowid as place,
        found.article_id,
        found.score,
        coalesce(articles.published_at, articles.first_seen_at) as dated_at
    from found
    inner join articles on found.article_id = articles.article_id
    where
        ($only_source is null or articles.source_id = $only_source)
        and ($only_language is null or articles.language = $only_language)
        and ($since_on is null or cast(dated_at at time zone 'UTC' as date) >= $since_on)
        and ($until_on is null or cast(dated_at at time zone 'UTC' as date) <= $until_on)
        and (
            $named is null or found.article_id in (
                select mentions.article_id from mentions
                where mentions.kind = 'person' and mentions.name = $named
                union all
                select quotes.article_id from quotes
                where quotes.person = $named
            )
        )
    order by found.score desc, dated_at desc, found.article_id
    limit $hit_limit
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
    articles.source_id,
    articles.headline,
    articles.url,
    articles.language,
    hits.dated_at,
    main.passage(concat_ws(' ', articles.lead, articles.text), $words) as passage,
    starts_with(regexp_replace(concat_ws(' ', articles.lead, articles.text), '\s+', ' ', 'g'), passage) as is_beginning,
    coalesce(persons_named.persons, []) as persons
from hits
inner join articles on hits.place = articles.rowid
left join persons_named on hits.article_id = persons_named.article_id
order by hits.score desc, hits.dated_at desc, hits.article_id
