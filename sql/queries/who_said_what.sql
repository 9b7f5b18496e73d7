-- Who is quoted most in their own words, in how many articles of how many outlets, and what did they say last?
select
    coalesce(person, speaker) as who,
    count(*) as quotes,
    count(distinct article_id) as articles,
    count(distinct source_id) as sources,
    arg_max(text, coalesce(published_at, timestamptz '-infinity')) as last_words,
    max(published_at) as last_quoted_at
from quotes
where kind = 'direct' and coalesce(person, speaker) is not null
group by who
order by quotes desc, who asc
limit 50;
