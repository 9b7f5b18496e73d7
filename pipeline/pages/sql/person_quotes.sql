-- What the person is quoted as saying, newest article first.
-- The articles are those of the chosen days, source and language. The numbers are those on the article's page.
with said as (
    select
        quotes.quote_id,
        quotes.article_id,
        articles.language,
        coalesce(quotes.published_at, articles.first_seen_at) as said_at
    from quotes
    inner join parts.articles_without_text as articles on quotes.article_id = articles.article_id
    where
        quotes.person = $person
        and ($only_source is null or quotes.source_id = $only_source)
        and ($only_language is null or articles.language = $only_language)
        and ($since_on is null or main.utc_day(said_at) >= $since_on)
        and ($until_on is null or main.utc_day(said_at) <= $until_on)
    order by said_at desc, quotes.article_id, quotes.start_char, quotes.quote_id
    limit $row_limit
),

numbered as (
    select
        quote_id,
        row_number() over (
            partition by article_id
            order by list_position(['headline', 'lead', 'text'], part), start_char, end_char desc, quote_id
        ) as quote_no
    from quotes
    where article_id in (select said.article_id from said)
)

select
    quotes.article_id,
    quotes.source_id,
    quotes.headline,
    said.language,
    said.said_at,
    quotes.kind,
    quotes.text,
    quotes.speaker,
    numbered.quote_no
from said
inner join quotes on said.quote_id = quotes.quote_id
inner join numbered on said.quote_id = numbered.quote_id
order by said.said_at desc, quotes.article_id, numbered.quote_no
