-- Ids of events after a position that the table has more than once, in one of several slices of all ids. Conditions are
-- on expressions, because the catalog's statistics of a column could hide rows from a condition on the column itself.
with recent as (
    select event_id
    from ledger.{table}
    where case when position > {start} then hash(event_id) % {slices} = {number} end
)

select
    cast(event_id as varchar) as event_id,
    count(*) as copies
from ledger.{table}
where hash(event_id) in (select hash(recent.event_id) from recent)
group by event_id
having count(*) > 1
order by event_id
limit 20
