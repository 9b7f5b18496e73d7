-- The person's quotations of the chosen days, source and language, newest first: the rows that *Voices* counts.
select
    quotes.article_id,
    quotes.source_id,
    articles.language,
    quotes.headline,
    quotes.kind,
    quotes.text,
    quotes.speaker,
    coalesce(quotes.published_at, articles.first_seen_at) as said_at,
    count(*) over (partition by quotes.kind) as all_of_kind
from quotes
inner join parts.articles_without_text as articles on quotes.article_id = articles.article_id
where
    quotes.person = $person
    and ($only_place is null or quotes.kind = $only_place)
    and ($only_source is null or quotes.source_id = $only_source)
    and ($only_language is null or articles.language = $only_language)
    and main.utc_day(said_at) between $from_on and $to_on
order by quotes.kind, said_at desc, quotes.article_id, quotes.start_char, quotes.quote_id
limit $row_limit
