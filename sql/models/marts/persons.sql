-- persons: one row per name of a person: how often and since when it is in the news, and the last role given with it
{{ config(materialized='incremental', unique_key='name', meta={'touched': 'touched_persons'}) }}
with monthly as (
    select *
    from {{ ref('names_monthly') }}
    where kind = 'person' and name in (select touched.name from {{ ref('touched_persons') }} as touched)
),

identified as (
    select
        name,
        min(id) as external_id
    from {{ person_ids() }}
    group by name
),

summed_up as (
    select
        name,
        max(last_role) as last_role,
        max(last_party) as last_party,
        max(last_country) as last_country,
        cast(sum(articles) as bigint) as articles,
        count(distinct source_id) filter (where mentions > 0) as sources,
        cast(sum(mentions) as bigint) as mentions,
        cast(sum(direct_quotes) as bigint) as direct_quotes,
        cast(sum(indirect_quotes) as bigint) as indirect_quotes,
        min(first_seen_at) as first_seen_at,
        max(last_seen_at) as last_seen_at,
        any_value(rule) as rule,
        bool_or(quoting_articles > 0) as is_quoted,
        list(distinct languages) filter (where languages is not null) as language_lists
    from monthly
    group by name
)

select
    persons.name,
    identified.external_id,
    persons.last_role['given'] as role,
    persons.last_party['given'] as party,
    persons.last_country['given'] as country,
    persons.articles,
    persons.sources,
    persons.mentions,
    persons.direct_quotes,
    persons.indirect_quotes,
    persons.first_seen_at,
    persons.last_seen_at,
    coalesce(list_sort(list_distinct(flatten(persons.language_lists))), []) as languages
from summed_up as persons
left join identified on persons.name = identified.name
where
    persons.mentions > 0
    -- seen once, and nothing but its place in a sentence shows a person
    and (
        persons.mentions > 1
        or persons.rule != 'presumed_name'
        or persons.last_role is not null
        or persons.last_party is not null
        or persons.is_quoted
    )
