with found as (
    select *
    from main.search($words)
    where
        published_at >= $since
        and published_at < $until
        and (len($sources) = 0 or list_contains(cast($sources as varchar[]), source_id))
        and (cast($language as varchar) is null or language = $language)
    order by score desc, published_at desc, url asc
    limit $most
)

select
    found.score,
    found.source_id,
    found.published_at,
    found.headline,
    main.passage(articles.text, $words) as passage,
    found.url,
    found.article_id
from found
inner join main.articles on found.article_id = articles.article_id
order by found.score desc, found.published_at desc, found.url asc
