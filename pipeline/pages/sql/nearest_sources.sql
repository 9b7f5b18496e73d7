-- The sources whose names differ least from one that is not in the file.
select source_id
from (select distinct source_id from coverage_ledger) as sources
order by levenshtein(source_id, $source_id), source_id
limit 10
