select cast(event_id as varchar) as event_id, count(*) as copies
from ledger.{table}
group by event_id
having count(*) > 1
order by event_id
limit 20
