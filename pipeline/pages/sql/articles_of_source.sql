-- The articles that the source first named in the period: lost ones first, then by time.
select
    article_coverage.source_id,
    article_coverage.article_id,
    article_coverage.url,
    article_coverage.discovered_at,
    article_coverage.discovered_on,
    article_coverage.state,
    article_coverage.failed_reason,
    article_coverage.is_outdated,
    articles.headline,
    articles.language,
    articles.revision_count,
    articles.gone_at
from article_coverage
left join articles on article_coverage.article_id = articles.article_id
where
    article_coverage.discovered_on between $from_on and $to_on
    and article_coverage.source_id = $source_id
order by
    list_position(['failed', 'pending', 'captured_from_feed', 'captured'], article_coverage.state),
    article_coverage.discovered_at desc,
    article_coverage.article_id
limit $row_limit
