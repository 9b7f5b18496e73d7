-- Which quotations are printed word for word by several outlets, and who had them first?
-- Parameters: since (a day), words (the fewest words of a quotation; default 5).
with parameters as (
    select
        coalesce(cast(getvariable('since') as timestamptz), timestamptz '-infinity') as since_at,
        coalesce(cast(getvariable('words') as integer), 5) as least_words
),

printed as (
    select
        quotes.text,
        quotes.person,
        quotes.source_id,
        quotes.article_id,
        quotes.published_at
    from quotes
    cross join parameters
    where
        quotes.kind = 'direct'
        and len(string_split(quotes.text, ' ')) >= parameters.least_words
        and coalesce(quotes.published_at, timestamptz '-infinity') >= parameters.since_at
),

shared as (
    select text
    from printed
    group by text
    having min(source_id) != max(source_id)
)

select
    mode(person_of(printed.person)) as person,
    printed.text,
    count(distinct printed.source_id) as sources,
    count(distinct printed.article_id) as articles,
    arg_min(printed.source_id, printed.published_at) as first_source,
    min(printed.published_at) as first_published_at,
    array_to_string(list(distinct printed.source_id order by printed.source_id), ', ') as printed_by
from printed
inner join shared on printed.text = shared.text
group by printed.text
order by sources desc, articles desc, printed.text asc
limit 200;
