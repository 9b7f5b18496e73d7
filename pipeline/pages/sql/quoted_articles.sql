-- The articles of the chosen days, source and language that quote the person, newest first: those that *Voices* counts.
select
    quotes.article_id,
    quotes.source_id,
    articles.language,
    articles.headline,
    articles.url,
    coalesce(articles.published_at, articles.first_seen_at) as dated_at,
    count(*) as quotes
from quotes
inner join parts.articles_without_text as articles on quotes.article_id = articles.article_id
where
    quotes.person = $person
    and ($only_place is null or $only_place = 'articles')
    and ($only_source is null or quotes.source_id = $only_source)
    and ($only_language is null or articles.language = $only_language)
    and main.utc_day(dated_at) between $from_on and $to_on
group by all
order by dated_at desc, quotes.article_id
limit $row_limit
