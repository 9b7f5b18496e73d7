-- Where the article names persons, organisations and places.
select
    kind,
    name,
    surface,
    role,
    party,
    country,
    part,
    start_char,
    end_char,
    rule,
    confidence,
    producer
from mentions
where article_id = $article_id
order by list_position(['headline', 'lead', 'text'], part), start_char, end_char desc, kind, name
