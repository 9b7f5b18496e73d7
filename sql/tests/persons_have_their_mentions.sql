-- Each mention of a person is counted once: by day in `names_daily`, and from there in `persons`.
with counted as (
    select
        day,
        sum(mentions) as mentions
    from {{ written(ref('names_daily')) }}
    where kind = 'person'
    group by day
),

named as (
    select
        {{ news_day('articles') }} as day,
        count(*) as mentions
    from {{ ref('articles_without_text') }} as articles
    inner join {{ ref('mentions') }} as mentions on articles.article_id = mentions.article_id
    where
        mentions.kind = 'person'
        and {{ news_day('articles') }} in (select written.day from {{ written(ref('names_daily')) }} as written)
    group by all
),

summed_up as (
    select
        name,
        sum(mentions) as mentions
    from {{ ref('names_daily') }}
    where kind = 'person' and name in (select written.name from {{ written(ref('persons')) }} as written)
    group by name
)

select
    cast(day as varchar) as counted_for,
    counted.mentions as counted,
    named.mentions as named
from counted
full join named using (day)
where coalesce(counted.mentions, 0) != coalesce(named.mentions, 0)
union all
select
    persons.name as counted_for,
    persons.mentions as counted,
    summed_up.mentions as named
from {{ written(ref('persons')) }} as persons
left join summed_up using (name)
where persons.mentions is distinct from summed_up.mentions
