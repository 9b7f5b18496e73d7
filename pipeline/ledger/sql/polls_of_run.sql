select source_id, feed_url, outcome, reason, detail
from ledger.feed_polled
where run_id = $run_id
order by position
