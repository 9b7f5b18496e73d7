-- The given articles that the sources have ever named. Not limited in time: sitemaps may give old articles new dates.
select distinct source_id, article_id
from ledger.item_discovered
where list_contains($source_ids, source_id) and article_id in (select unnest($article_ids))
