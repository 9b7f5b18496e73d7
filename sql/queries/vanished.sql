-- Which articles have vanished from the web, and when were they last seen? Newest first.
select
    source_id,
    headline,
    published_at,
    last_seen_at,
    gone_at,
    word_count,
    url
from articles
where gone_at is not null
order by gone_at desc, url asc
limit 100;
