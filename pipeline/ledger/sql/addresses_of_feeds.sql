-- The addresses that were requested for these feeds, and those that answered.
select distinct unnest([feed_url, asked_url, final_url]) as name
from ledger.feed_polled
where list_contains($feed_urls, feed_url)
