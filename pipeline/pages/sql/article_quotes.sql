-- The article's quotations in the order of the page, numbered from 1.
select
    row_number() over (
        order by list_position(['headline', 'lead', 'text'], part), start_char, end_char desc, quote_id
    ) as quote_no,
    kind,
    person,
    speaker,
    cue,
    text,
    part,
    start_char,
    end_char,
    rule,
    confidence,
    producer
from quotes
where article_id = $article_id
order by quote_no
