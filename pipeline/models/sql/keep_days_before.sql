-- The days on which touched articles were published, and discovered by sources; and all days that have counts.
insert into touched.news_days_before
select distinct cast(coalesce(articles.published_at, articles.first_seen_at) at time zone 'UTC' as date) as day
from parts.articles_without_text as articles
where articles.article_id in (from touched.addresses);

insert into touched.sighted_before
select distinct
    coverage.source_id,
    unnest(coverage.sighted_on) as day
from main.article_coverage as coverage
where coverage.article_id in (from touched.addresses);

insert into touched.days_before
select
    source_id,
    day
from parts.coverage_counts;
