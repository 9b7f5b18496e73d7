-- The source, and the first and the last day on which anything is known of it.
select
    source_id,
    min(day) as first_on,
    max(day) as last_on
from coverage_ledger
where source_id = $source_id
group by source_id
