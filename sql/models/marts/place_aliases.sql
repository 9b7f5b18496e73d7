-- place_aliases: one row per name of a place that another name of the same place is more usual than, and why
with named as (
    select
        name,
        cast(sum(articles) as bigint) as articles
    from {{ ref('names_monthly') }}
    where kind = 'place' and mentions > 0
    group by name
),

spoken as (
    select coalesce(list_sort(list(distinct language)), []) as languages
    from {{ ref('articles_without_text') }}
    where language is not null
),

placed as (
    select
        named.name,
        named.articles,
        place_key(named.name, spoken.languages) as place
    from named
    cross join spoken
),

chosen as (
    select
        name,
        place as place_key,
        first_value(name) over (partition by place order by articles desc, name asc) as place
    from placed
    where place is not null
)

select
    name,
    place,
    if(contains(place_key, '/'), 'place', 'country') as reason,
    left(place_key, 2) as country
from chosen
where name != place
