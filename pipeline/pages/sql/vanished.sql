-- The articles whose pages have vanished, newest first.
select
    article_id,
    source_id,
    language,
    headline,
    published_at,
    last_seen_at,
    gone_at,
    word_count,
    url
from parts.articles_without_text
where
    main.utc_day(gone_at) between $from_on and $to_on
    and ($only_source is null or source_id = $only_source)
    and ($only_language is null or language = $only_language)
    and ($words = '' or article_id in (select found.article_id from main.search($words) as found))
order by gone_at desc, url, article_id
limit $row_limit
