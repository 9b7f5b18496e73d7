-- When each document of the sources' history was last read to its end for this interval.
select source_id, via, url, max(occurred_at) as read_at
from ledger.history_read
where list_contains($source_ids, source_id) and interval_start = $start and interval_end = $end and reason is null
group by source_id, via, url
