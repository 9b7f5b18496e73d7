-- Which articles did outlets correct, in which words, and how long after publication? Newest first.
-- Parameters: source (a source's id; all sources if not set), since (a day).
with parameters as (
    select
        getvariable('source') as source_id,
        coalesce(cast(getvariable('since') as timestamptz), timestamptz '-infinity') as since_at
)

select
    corrections.noticed_at,
    corrections.source_id,
    corrections.headline,
    corrections.correction,
    date_diff('hour', corrections.published_at, corrections.noticed_at) as hours_after,
    corrections.url
from corrections
cross join parameters
where
    corrections.noticed_at >= parameters.since_at
    and (parameters.source_id is null or corrections.source_id = parameters.source_id)
order by corrections.noticed_at desc, corrections.url asc
limit 200;
