-- The addresses under which the article was found, and what shows that they are one article.
select
    url,
    first_seen_at,
    evidence,
    joined_at,
    is_variant
from article_addresses
where article_id = $article_id
order by first_seen_at, url
