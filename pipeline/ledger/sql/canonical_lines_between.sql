select position, {line} as line
from ledger.{table}
where position between {first} and {last}
