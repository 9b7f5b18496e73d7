-- Offices, parties and names by which articles introduce the person, with the first and the last article.
select
    coalesce(mentions.role, mentions.surface) as as_written,
    mentions.role is not null as is_role,
    mentions.party,
    count(distinct mentions.article_id) as articles,
    min(coalesce(mentions.published_at, articles.first_seen_at)) as first_at,
    max(coalesce(mentions.published_at, articles.first_seen_at)) as last_at
from mentions
inner join articles on mentions.article_id = articles.article_id
where mentions.kind = 'person' and mentions.name = $person
group by all
order by is_role desc, articles desc, as_written
limit $row_limit
