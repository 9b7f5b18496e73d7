-- How complete is the record? A row per source, over the last 30 days with news; `captured_percent` should be near 100.
select
    source_id,
    sum(items_seen) as items_seen,
    sum(articles_discovered) as discovered,
    sum(articles_captured) as captured,
    sum(articles_failed) as failed,
    sum(articles_pending) as pending,
    sum(articles_extracted) as extracted,
    round(100 * sum(articles_captured) / nullif(sum(articles_discovered), 0), 1) as captured_percent
from coverage_daily
where discovered_on > (select max(latest.discovered_on) - 30 from coverage_daily as latest)
group by source_id
order by captured_percent, source_id;
