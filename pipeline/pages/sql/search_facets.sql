-- How many articles the search finds, in all and by source, language, day and person, the ten largest of
-- each; a person who is chosen needs no others.
with found as (
    select article_id
    from main.search($words)
    union all
    select article_id
    from parts.articles_without_text
    where $words = ''
),

chosen as (
    select
        $words = '' and $only_source is null and $only_language is null
        and $since_on is null and $until_on is null and $named is null as are_all
),

hits as (
    select
        found.article_id,
        articles.source_id,
        articles.language,
        cast(coalesce(articles.published_at, articles.first_seen_at) at time zone 'UTC' as date) as day
    from found
    inner join parts.articles_without_text as articles on found.article_id = articles.article_id
    where
        ($only_source is null or articles.source_id = $only_source)
        and ($only_language is null or articles.language = $only_language)
        and ($since_on is null or day >= $since_on)
        and ($until_on is null or day <= $until_on)
        and (
            $named is null or found.article_id in (
                select mentions.article_id from mentions
                where mentions.kind = 'person' and mentions.name = $named
            )
        )
),

counted as (
    select
        'all' as facet,
        null as value,
        count(*) as articles
    from hits
    union all
    select
        'source' as facet,
        source_id as value,
        count(*) as articles
    from hits
    group by source_id
    union all
    select
        'language' as facet,
        language as value,
        count(*) as articles
    from hits
    group by language
    union all
    select
        'day' as facet,
        cast(day as varchar) as value,
        count(*) as articles
    from hits
    group by day
    union all
    select
        'person' as facet,
        named.name as value,
        count(distinct named.article_id) as articles
    from mentions as named
    inner join hits on named.article_id = hits.article_id
    where named.kind = 'person' and $named is null and not (select chosen.are_all from chosen)
    group by named.name
    union all
    select
        'person' as facet,
        name as value,
        articles
    from persons
    where (select chosen.are_all from chosen)
)

select
    facet,
    value,
    articles
from counted
where facet = 'all' or value is not null
qualify row_number() over (partition by facet order by articles desc, value desc) <= 10
order by facet, articles desc, value desc
