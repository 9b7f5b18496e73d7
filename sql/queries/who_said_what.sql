-- Who is quoted most in their own words, in how many articles of how many outlets, and what did they say last?
-- Quotations whose speaker is no person that the article names are counted together, in a row without a name.
select
    person,
    count(*) as quotes,
    count(distinct article_id) as articles,
    count(distinct source_id) as sources,
    arg_max(text, coalesce(published_at, timestamptz '-infinity')) as last_words,
    max(published_at) as last_quoted_at
from quotes
where kind = 'direct'
group by person
order by person is null, quotes desc, person asc
limit 50;
