-- persons: one row per name of a person: how often and since when it is in the news, and the last role given with it
{{ config(materialized='incremental', unique_key='name', meta={'touched': 'touched_persons'}) }}
with named as (
    select
        mentions.name,
        mentions.article_id,
        mentions.source_id,
        mentions.role,
        mentions.party,
        mentions.country,
        mentions.mention_id,
        mentions.rule,
        coalesce(mentions.published_at, articles.first_seen_at) as seen_at,
        -- among mentions of one time, the first one in the text counts
        struct_pack(
            at := coalesce(mentions.published_at, articles.first_seen_at), place := -mentions.start_char,
            id := mentions.mention_id
        ) as newest
    from {{ ref('mentions') }} as mentions
    inner join {{ ref('articles') }} as articles on mentions.article_id = articles.article_id
    where
        mentions.kind = 'person'
        and mentions.name in (select touched.name from {{ ref('touched_persons') }} as touched)
),

quoted as (
    select
        person as name,
        count_if(kind = 'direct') as direct_quotes,
        count_if(kind = 'indirect') as indirect_quotes
    from {{ ref('quotes') }}
    where person in (select touched.name from {{ ref('touched_persons') }} as touched)
    group by person
),

identified as (
    select
        name,
        min(id) as external_id
    from {{ person_ids() }}
    group by name
)

select
    name,
    any_value(identified.external_id) as external_id,
    arg_max(named.role, named.newest) filter (where named.role is not null) as role,
    arg_max(named.party, named.newest) filter (where named.party is not null) as party,
    arg_max(named.country, named.newest) filter (where named.country is not null) as country,
    count(distinct named.article_id) as articles,
    count(distinct named.source_id) as sources,
    count(*) as mentions,
    cast(coalesce(any_value(quoted.direct_quotes), 0) as bigint) as direct_quotes,
    cast(coalesce(any_value(quoted.indirect_quotes), 0) as bigint) as indirect_quotes,
    min(named.seen_at) as first_seen_at,
    max(named.seen_at) as last_seen_at
from named
left join quoted using (name)
left join identified using (name)
group by name
-- seen once, and nothing but its place in a sentence shows a person
having
    count(*) > 1
    or any_value(named.rule) != 'presumed_name'
    or any_value(named.role) is not null
    or any_value(named.party) is not null
    or any_value(quoted.name) is not null
