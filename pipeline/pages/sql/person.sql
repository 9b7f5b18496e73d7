-- The person, by the full name that articles give, and how many articles and sources name or quote it.
-- They are those of the chosen days, source and language, or of all days if none are chosen.
with named as (
    select
        article_id,
        kind as quoted
    from quotes
    where person = $person
    union all
    select
        article_id,
        null as quoted
    from mentions
    where kind = 'person' and name = $person
),

chosen as (
    select
        named.article_id,
        named.quoted,
        articles.source_id
    from named
    inner join parts.articles_without_text as articles on named.article_id = articles.article_id
    where
        ($only_source is null or articles.source_id = $only_source)
        and ($only_language is null or articles.language = $only_language)
        and (
            $since_on is null
            or main.utc_day(coalesce(articles.published_at, articles.first_seen_at)) >= $since_on
        )
        and (
            $until_on is null
            or main.utc_day(coalesce(articles.published_at, articles.first_seen_at)) <= $until_on
        )
)

select
    $person as name,
    persons.role,
    persons.party,
    persons.country,
    (select count(distinct chosen.article_id) from chosen) as articles,
    (select count(distinct chosen.source_id) from chosen) as sources,
    (
        select count(*) from chosen
        where chosen.quoted = 'direct'
    ) as direct_quotes,
    (
        select count(*) from chosen
        where chosen.quoted = 'indirect'
    ) as indirect_quotes
from (select 1) as one
left join persons on persons.name = $person
where persons.name is not null or exists (select 1 from named)
