-- Who was quoted first in the articles that contain the words.
with first_quotes as (
    -- only their ids: texts of all quotations of a common word would need gigabytes
    select
        quotes.quote_id,
        articles.language,
        articles.first_seen_at,
        coalesce(quotes.published_at, articles.first_seen_at) as said_at
    from quotes
    inner join parts.articles_without_text as articles on quotes.article_id = articles.article_id
    where
        quotes.article_id in (select found.article_id from main.search($words) as found)
        and quotes.person is not null
        and ($only_source is null or quotes.source_id = $only_source)
        and ($only_language is null or articles.language = $only_language)
        and main.utc_day(said_at) between $from_on and $to_on
    order by said_at, articles.first_seen_at, quotes.article_id, quotes.start_char, quotes.quote_id
    limit 3
)

select
    quotes.article_id,
    quotes.source_id,
    first_quotes.language,
    quotes.person,
    quotes.text,
    first_quotes.said_at
from first_quotes
inner join quotes on first_quotes.quote_id = quotes.quote_id
order by first_quotes.said_at, first_quotes.first_seen_at, quotes.article_id, quotes.start_char, quotes.quote_id
