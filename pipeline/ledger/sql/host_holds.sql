-- Addresses whose hosts have asked not to be asked again before a moment that still lies ahead.
select coalesce(final_url, asked_url, feed_url) as url, max(retry_at) as until
from ledger.feed_polled
where retry_at > $now and occurred_at >= $recall_start
group by 1
union all
select url, max(retry_at) as until
from ledger.capture_failed
where retry_at > $now and occurred_at >= $recall_start
group by 1
