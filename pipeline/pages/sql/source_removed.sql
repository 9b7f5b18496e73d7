-- Which rules removed what from the source's articles of the period.
select
    stripped.kind,
    stripped.rule,
    count(*) as blocks,
    count(distinct stripped.article_id) as articles,
    min(stripped.text) as example
from events.boilerplate_stripped as stripped
inner join parts.articles_without_text as articles on stripped.caused_by = articles.extraction_id
where
    articles.source_id = $source_id
    and ($only_language is null or articles.language = $only_language)
    and main.utc_day(articles.first_seen_at) between $from_on and $to_on
group by stripped.kind, stripped.rule
order by blocks desc, stripped.kind, stripped.rule
limit $row_limit
