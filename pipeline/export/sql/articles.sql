select
    article_id,
    source_id,
    url,
    kicker,
    headline,
    lead,
    text,
    authors,
    language,
    section,
    access,
    correction,
    published_at,
    modified_at,
    coalesce(published_at, first_seen_at) as dated_at,
    first_seen_at,
    captured_at,
    gone_at,
    revision_count,
    word_count,
    quote_count
from main.articles
where
    coalesce(published_at, first_seen_at) >= $since
    and coalesce(published_at, first_seen_at) < $until
    and (len($sources) = 0 or list_contains(cast($sources as varchar[]), source_id))
    and (cast($language as varchar) is null or language = $language)
    and (
        cast($words as varchar) is null
        or article_id in (select found.article_id from main.search(coalesce($words, '')) as found)
    )
order by dated_at desc, url asc
limit $most
