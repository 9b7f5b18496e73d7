-- How many articles the search finds, in all and by source, language, day and person, the ten largest of
-- each; a person who is chosen needs no others.
with chosen as (
    select
        $words = '' and $only_source is null and $only_language is null
        and $since_on is null and $until_on is null and $named is null as are_all
),

hits as (
    select
        article_id,
        source_id,
        language,
        main.utc_day(coalesce(published_at, first_seen_at)) as day
    from parts.articles_without_text
    where
        ($words = '' or article_id in (select found.article_id from main.search($words) as found))
        and ($only_source is null or source_id = $only_source)
        and ($only_language is null or language = $only_language)
        and ($since_on is null or day >= $since_on)
        and ($until_on is null or day <= $until_on)
        and (
            $named is null or article_id in (
                select mentions.article_id from mentions
                where mentions.kind = 'person' and mentions.name = $named
            )
        )
),

counted as (
    select
        case
            when grouping(source_id) = 0 then 'source'
            when grouping(language) = 0 then 'language'
            when grouping(day) = 0 then 'day'
            else 'all'
        end as facet,
        coalesce(source_id, language, cast(day as varchar)) as value,
        count(*) as articles
    from hits
    group by grouping sets ((), (source_id), (language), (day))
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
