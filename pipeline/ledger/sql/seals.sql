-- The newest seal of each append from which something was erased.
with seals as (
    select
        position,
        unnest(seals, recursive => true) -- noqa: AL03
    from ledger.article_redacted
)

select
    append_no,
    max_by(events, position) as events,
    max_by(digest, position) as digest
from seals
group by append_no
