-- The templates of these sources.
select source_id, text
from ledger.template_learned
where list_contains($source_ids, source_id)
order by position
