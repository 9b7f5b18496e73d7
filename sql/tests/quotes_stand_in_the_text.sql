-- A quotation's words are the article's text at its offsets.
select
    quotes.quote_id,
    quotes.text,
    substr(articles.text, quotes.start_char + 1, quotes.end_char - quotes.start_char) as text_at_offsets
from {{ ref('quotes') }} as quotes
inner join {{ ref('articles') }} as articles on quotes.article_id = articles.article_id
where quotes.text is distinct from substr(articles.text, quotes.start_char + 1, quotes.end_char - quotes.start_char)
