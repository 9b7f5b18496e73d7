-- article_absences: one row per time that the page of an article was requested and was not there
{{ config(materialized='incremental', unique_key='article_id') }}
select
    event_id,
    article_id,
    address_id,
    source_id,
    occurred_at as missed_at,
    reason,
    status,
    recorded_at,
    position
from {{ of_articles('capture_failed') }}
where
    reason in ('gone', 'soft_404', 'to_front_page', 'to_other_page')
    or (reason = 'http_4xx' and status = 404) -- `not_archived` has status 404, too, but is an archive's answer
    or (reason = 'dns' and starts_with(producer, 'recover@')) -- a backfill asks later: it is no outage
union all
select
    event_id,
    article_id,
    address_id,
    source_id,
    occurred_at as missed_at,
    reason,
    status,
    recorded_at,
    position
from {{ of_articles('article_revisited') }}
where outcome = 'missing'
