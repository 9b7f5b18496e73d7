select event_id
from ledger.{table}
where event_id in (select event_id from offered)
