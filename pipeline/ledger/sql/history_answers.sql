-- Number of documents of the sources' history that the run has requested, and of those that nobody answered.
select
    count(*) as asked,
    count(*) filter (where list_contains($unanswered, reason)) as unanswered
from ledger.history_read
where run_id = $run_id
