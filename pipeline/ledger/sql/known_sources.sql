select distinct source_id
from ledger.feed_polled
