-- Every article of a backfill's interval is counted in exactly one outcome.
select
    backfill_id,
    known + found as articles,
    recovered + replayed + unchanged + lost + waiting as fates
from {{ ref('backfills') }}
where known + found != recovered + replayed + unchanged + lost + waiting
