-- Who was quoted, most often first, with the days on which the articles were published.
with chosen as (
    select
        article_id,
        main.utc_day(coalesce(published_at, first_seen_at)) as day
    from parts.articles_without_text
    where
        day between $from_on and $to_on
        and ($only_source is null or source_id = $only_source)
        and ($only_language is null or language = $only_language)
),

quoted as (
    select
        quotes.person,
        quotes.source_id,
        quotes.article_id,
        quotes.kind,
        chosen.day
    from chosen
    inner join quotes on chosen.article_id = quotes.article_id
    where quotes.person is not null
),

counts as (
    select
        person,
        count_if(kind = 'direct') as direct_quotes,
        count_if(kind = 'indirect') as indirect_quotes,
        count(distinct article_id) as articles,
        list(distinct source_id order by source_id) as sources,
        histogram(day) as quotes_by_day
    from quoted
    group by person
)

select
    counts.person,
    persons.role,
    persons.party,
    counts.direct_quotes,
    counts.indirect_quotes,
    counts.articles,
    counts.sources,
    counts.quotes_by_day
from counts
left join persons on counts.person = persons.name
order by counts.direct_quotes + counts.indirect_quotes desc, counts.person
limit $row_limit
