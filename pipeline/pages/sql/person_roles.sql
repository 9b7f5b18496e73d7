-- Offices, parties and names by which articles of the chosen days, source and language introduce the person.
with named as (
    select
        mentions.role,
        mentions.surface,
        mentions.party,
        mentions.article_id,
        coalesce(mentions.published_at, articles.first_seen_at) as named_at
    from mentions
    inner join parts.articles_without_text as articles on mentions.article_id = articles.article_id
    where
        mentions.kind = 'person' and mentions.name = $person
        and ($only_source is null or mentions.source_id = $only_source)
        and ($only_language is null or articles.language = $only_language)
        and ($since_on is null or main.utc_day(named_at) >= $since_on)
        and ($until_on is null or main.utc_day(named_at) <= $until_on)
)

select
    coalesce(role, surface) as as_written,
    role is not null as is_role,
    party,
    count(distinct article_id) as articles,
    min(named_at) as first_at,
    max(named_at) as last_at
from named
group by all
order by is_role desc, articles desc, as_written, party
limit $row_limit
