-- The sources that name or quote the person.
with named as (
    select
        source_id,
        count(distinct article_id) as articles,
        count(*) as mentions
    from mentions
    where kind = 'person' and name = $person
    group by source_id
),

quoted as (
    select
        source_id,
        count(*) as quotes
    from quotes
    where person = $person
    group by source_id
)

select
    coalesce(named.source_id, quoted.source_id) as source_id,
    coalesce(named.articles, 0) as articles,
    coalesce(named.mentions, 0) as mentions,
    coalesce(quoted.quotes, 0) as quotes
from named
full join quoted on named.source_id = quoted.source_id
order by articles desc, source_id
limit $row_limit
