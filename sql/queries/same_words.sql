-- Which quotations are printed word for word by several outlets, and who had them first?
-- Parameters: since (a day), words (the fewest words of a quotation; default 5).
with parameters as (
    select
        coalesce(cast(getvariable('since') as timestamptz), timestamptz '-infinity') as since_at,
        coalesce(cast(getvariable('words') as integer), 5) as least_words
)

select
    mode(quotes.person) as person,
    quotes.text,
    count(distinct quotes.source_id) as sources,
    count(distinct quotes.article_id) as articles,
    arg_min(quotes.source_id, quotes.published_at) as first_source,
    min(quotes.published_at) as first_published_at,
    array_to_string(list(distinct quotes.source_id order by quotes.source_id), ', ') as printed_by
from quotes
cross join parameters
where
    quotes.kind = 'direct'
    and len(string_split(quotes.text, ' ')) >= parameters.least_words
    and coalesce(quotes.published_at, timestamptz '-infinity') >= parameters.since_at
group by quotes.text
having count(distinct quotes.source_id) > 1
order by sources desc, articles desc, quotes.text asc
limit 200;
