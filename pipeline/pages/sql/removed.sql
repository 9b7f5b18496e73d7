-- The blocks that the rule removed from the source's articles of the period, newest article first.
select
    stripped.kind,
    stripped.text,
    articles.article_id,
    articles.headline,
    articles.url,
    articles.language
from events.boilerplate_stripped as stripped
inner join parts.articles_without_text as articles on stripped.caused_by = articles.extraction_id
where
    stripped.rule = $rule
    and articles.source_id = $source_id
    and ($only_place is null or stripped.kind = $only_place)
    and ($only_language is null or articles.language = $only_language)
    and main.utc_day(articles.first_seen_at) between $from_on and $to_on
order by stripped.kind, articles.first_seen_at desc, articles.article_id, stripped.block_no
limit $row_limit
