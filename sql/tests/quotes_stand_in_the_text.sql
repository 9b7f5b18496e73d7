-- A quotation's words are those of its part of the article at its offsets.
with placed as (
    select
        quotes.quote_id,
        quotes.text,
        substr(
            case quotes.part
                when 'headline' then articles.headline
                when 'lead' then articles.lead
                else readings.text
            end,
            quotes.start_char + 1, quotes.end_char - quotes.start_char
        ) as text_at_offsets
    from {{ written(ref('quotes')) }} as quotes
    inner join {{ written(ref('articles_without_text')) }} as articles on quotes.article_id = articles.article_id
    inner join {{ source('touched', 'article_extracted') }} as readings
        on articles.extraction_position = readings.position
)

select
    quote_id,
    text,
    text_at_offsets
from placed
where text is distinct from text_at_offsets
