-- At which hours do outlets publish? Articles by source and hour of the day, with the share of the source's articles.
-- Parameters: zone (a time zone; default UTC), since (a day). Articles without a time of publication are left out.
with parameters as (
    select
        coalesce(getvariable('zone'), 'UTC') as zone,
        coalesce(cast(getvariable('since') as timestamptz), timestamptz '-infinity') as since_at
)

select
    articles.source_id,
    hour(articles.published_at at time zone parameters.zone) as hour_of_day,
    count(*) as articles,
    round(100 * count(*) / sum(count(*)) over (partition by articles.source_id), 1) as percent
from articles
cross join parameters
where articles.published_at >= parameters.since_at
group by articles.source_id, hour_of_day
order by articles.source_id, hour_of_day;
