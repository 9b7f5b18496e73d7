-- The first and the last day that the file knows of.
select
    min(day) as first_on,
    max(day) as last_on
from coverage_ledger
