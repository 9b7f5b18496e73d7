-- How many documents of the sources' history the run has asked for, and how many of them nobody gave an answer about.
select
    count(*) as asked,
    count(*) filter (where list_contains($unanswered, reason)) as unanswered
from ledger.history_read
where run_id = $run_id
