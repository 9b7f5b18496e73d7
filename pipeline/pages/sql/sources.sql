-- Every source with a day in the file.
select distinct source_id
from coverage_ledger
order by source_id
