-- Those of an article's guids and titles that are not only its own: another item of the same feed has had the guid, or
-- another article or a feed has the title, in small letters.
select distinct
    guid as name
from ledger.item_discovered
where
    list_contains($guids, guid)
    and list_contains($feed_urls, feed_url)
    and not list_contains($article_ids, article_id)
union
select distinct
    lower(title) as name
from ledger.item_discovered
where list_contains($titles, lower(title)) and not list_contains($article_ids, article_id)
union
select distinct
    lower(feed_title) as name
from ledger.feed_polled
where list_contains($titles, lower(feed_title))
