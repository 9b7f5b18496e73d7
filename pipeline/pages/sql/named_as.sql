-- The articles by the office or the name by which they introduce the person, newest first.
-- They are those of the chosen days, source and language, or of all days if none are chosen.
select distinct
    coalesce(mentions.role, mentions.surface) as as_written,
    articles.source_id,
    articles.article_id,
    articles.headline,
    articles.url,
    articles.language,
    coalesce(articles.published_at, articles.first_seen_at) as dated_at
from mentions
inner join parts.articles_without_text as articles on mentions.article_id = articles.article_id
where
    mentions.kind = 'person'
    and mentions.name = $person
    and as_written is not null
    and ($only_place is null or concat('as-', as_written) = $only_place)
    and ($only_source is null or articles.source_id = $only_source)
    and ($only_language is null or articles.language = $only_language)
    and ($since_on is null or main.utc_day(dated_at) >= $since_on)
    and ($until_on is null or main.utc_day(dated_at) <= $until_on)
order by as_written, dated_at desc, articles.article_id
limit $row_limit
