-- Which of these articles the sources have ever named. Not bounded by time: a sitemap dates old articles anew.
select distinct source_id, article_id
from ledger.item_discovered
where list_contains($source_ids, source_id) and article_id in (select unnest($article_ids))
