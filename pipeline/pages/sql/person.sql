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

by_article as (
    -- counted first: a person who is quoted often has far more quotations than articles
    select
        article_id,
        count_if(quoted = 'direct') as direct_quotes,
        count_if(quoted = 'indirect') as indirect_quotes
    from named
    group by article_id
),

chosen as (
    select
        count(*) as articles,
        count(distinct articles.source_id) as sources,
        cast(coalesce(sum(by_article.direct_quotes), 0) as bigint) as direct_quotes,
        cast(coalesce(sum(by_article.indirect_quotes), 0) as bigint) as indirect_quotes
    from by_article
    inner join parts.articles_without_text as articles on by_article.article_id = articles.article_id
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
    chosen.articles,
    chosen.sources,
    chosen.direct_quotes,
    chosen.indirect_quotes
from chosen
left join persons on persons.name = $person
where persons.name is not null or exists (select 1 from named)
