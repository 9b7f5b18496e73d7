-- What the run has asked of the sources' history.
select via, url, reason
from ledger.history_read
where run_id = $run_id
order by position
