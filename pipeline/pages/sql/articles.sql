-- The articles that sources first named in the period: lost ones first, those that cannot be read before others.
select
    article_coverage.source_id,
    article_coverage.article_id,
    article_coverage.url,
    article_coverage.discovered_at,
    article_coverage.discovered_on,
    article_coverage.state,
    coalesce(article_coverage.reading = 'unreadable', false) as is_unreadable,
    article_coverage.failed_reason,
    article_coverage.is_outdated,
    articles.headline,
    articles.language,
    articles.revision_count,
    articles.gone_at
from article_coverage
left join parts.articles_without_text as articles on article_coverage.article_id = articles.article_id
where
    article_coverage.discovered_on between $from_on and $to_on
    and ($only_source is null or article_coverage.source_id = $only_source)
    and (
        $only_place is null
        or replace(article_coverage.state, '_from_feed', '') = $only_place
        or ($only_place = 'unreadable' and article_coverage.reading = 'unreadable')
    )
    and (
        -- a lost page has no language, so a language chooses the sources that have articles in it
        $only_language is null
        or article_coverage.source_id in (
            select of_source.source_id from parts.articles_without_text as of_source
            where of_source.language = $only_language
        )
    )
order by
    list_position(['failed', 'pending'], article_coverage.state) nulls last,
    is_unreadable desc,
    article_coverage.discovered_at desc,
    article_coverage.article_id
limit $row_limit
