-- The article in its newest revision; without a text if its page could not be captured or read.
select
    article_coverage.article_id,
    article_coverage.source_id,
    coalesce(articles.url, article_coverage.url) as url,
    article_coverage.discovered_at,
    article_coverage.discovered_on,
    article_coverage.state,
    article_coverage.reading,
    article_coverage.failed_reason,
    articles.via,
    articles.kicker,
    articles.headline,
    articles.lead,
    articles.text,
    articles.authors,
    articles.language,
    articles.section,
    articles.access,
    articles.correction,
    articles.published_at,
    articles.modified_at,
    articles.captured_at,
    articles.last_seen_at,
    articles.gone_at,
    articles.revision_count,
    articles.word_count,
    articles.extraction_id
from article_coverage
left join articles on article_coverage.article_id = articles.article_id
where article_coverage.article_id = $article_id
order by article_coverage.discovered_at, article_coverage.source_id
limit 1
