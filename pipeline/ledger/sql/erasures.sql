-- One row an erasure, in their order; it is recorded once for each address, and the first has the seals.
select
    occurred_at,
    article_id,
    scope,
    reason,
    len(erased) as events,
    masked,
    len(records) as records,
    len(seals) as appends
from ledger.article_redacted
where len(seals) > 0
order by position
