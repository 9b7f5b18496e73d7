-- What do the outlets of one country name more often than those of another? Shares of all articles that name anything.
-- Parameters: country and other (ISO 3166; default: the two countries with most articles), kind (person, organisation,
-- place; all if not set), since (a day; default: 30 days before the newest).
with countries as (
    select
        country,
        row_number() over (order by sum(articles) desc, country asc) as place
    from sources
    where country is not null
    group by country
),

parameters as (
    select
        getvariable('kind') as kind,
        coalesce(getvariable('country'), max(country) filter (where place = 1)) as country,
        coalesce(getvariable('other'), max(country) filter (where place = 2)) as other,
        coalesce(
            cast(getvariable('since') as date), (select max(latest.day) - 30 from mentions_daily as latest)
        ) as since_on
    from countries
),

totals as (
    select
        sources.country,
        count(*) as articles
    from articles
    inner join sources on articles.source_id = sources.source_id
    cross join parameters
    where coalesce(articles.published_at, articles.first_seen_at) >= parameters.since_on
    group by sources.country
),

named as (
    select
        daily.kind,
        daily.name,
        coalesce(sum(daily.articles) filter (where sources.country = parameters.country), 0) as articles,
        coalesce(sum(daily.articles) filter (where sources.country = parameters.other), 0) as other_articles
    from mentions_daily as daily
    inner join sources on daily.source_id = sources.source_id
    cross join parameters
    where
        daily.day >= parameters.since_on
        and (parameters.kind is null or daily.kind = parameters.kind)
    group by daily.kind, daily.name
)

select
    named.name,
    named.kind,
    parameters.country,
    cast(named.articles as bigint) as articles,
    round(100 * named.articles / here.articles, 1) as percent,
    parameters.other,
    cast(named.other_articles as bigint) as other_articles,
    round(100 * named.other_articles / there.articles, 1) as other_percent
from named
cross join parameters
inner join totals as here on parameters.country = here.country
inner join totals as there on parameters.other = there.country
where named.articles > 0 or named.other_articles > 0
order by abs(named.articles / here.articles - named.other_articles / there.articles) desc, named.name asc
limit 100;
