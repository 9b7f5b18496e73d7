-- Who was quoted first in the articles that contain the words.
select
    quotes.article_id,
    quotes.source_id,
    articles.language,
    quotes.person,
    quotes.text,
    coalesce(quotes.published_at, articles.first_seen_at) as said_at
from main.search($words) as found
inner join quotes on found.article_id = quotes.article_id
inner join articles on found.article_id = articles.article_id
where
    quotes.person is not null
    and ($only_source is null or quotes.source_id = $only_source)
    and ($only_language is null or articles.language = $only_language)
    and cast(said_at at time zone 'UTC' as date) between $from_on and $to_on
order by said_at, quotes.article_id, quotes.start_char
limit 3
