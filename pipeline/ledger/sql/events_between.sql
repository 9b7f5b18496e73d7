select *
from ledger.{table}
where position between {first} and {last}
