-- How complete is the record? A row per source, over the last 30 days with news; `captured_percent` should be near 100.
select
    source_id,
    cast(sum(sightings) as bigint) as items_seen,
    cast(sum(seen) as bigint) as discovered,
    cast(sum(captured + captured_from_feed) as bigint) as captured,
    cast(sum(failed) as bigint) as failed,
    cast(sum(pending) as bigint) as pending,
    cast(sum(extracted) as bigint) as extracted,
    round(100 * sum(captured + captured_from_feed) / nullif(sum(seen), 0), 1) as captured_percent
from coverage_ledger
where
    sightings > 0
    and day > (select max(latest.day) filter (where latest.sightings > 0) - 30 from coverage_ledger as latest)
group by source_id
order by captured_percent, source_id;
