select max(occurred_at) as occurred_at
from ledger.feed_polled
