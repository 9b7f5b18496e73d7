select max(appended_at) as recorded_at
from ledger.appends
