-- The run's last failure; no row if none is recorded.
select event_id
from ledger.run_failed
where stream = $stream
order by position desc
limit 1
