-- Ids of events after a position that the table has more than once, in one of several slices of all ids.
with recent as (
    select event_id
    from ledger.{table}
    where position > {start} and hash(event_id) % {slices} = {number}
)

select
    cast(event_id as varchar) as event_id,
    count(*) as copies
from ledger.{table}
where event_id in (select recent.event_id from recent)
group by event_id
having count(*) > 1
order by event_id
limit 20
