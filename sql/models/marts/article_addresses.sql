-- article_addresses: one row per address under which an article was discovered, with the article that it belongs to
{{ config(materialized='incremental', unique_key='address_id') }}
with recursive addresses as (
    select
        article_id as address_id,
        max_by(url, position) as url,
        min(occurred_at) as first_seen_at,
        min(position) as first_position
    from {{ source('touched', 'item_discovered') }}
    group by article_id
),

valid_joins as (
    -- A person may have taken a join back.
    select joined.*
    from {{ source('touched', 'addresses_joined') }} as joined
    anti join {{ source('touched', 'addresses_parted') }} as parted
        on joined.article_id = parted.article_id and joined.other_article_id = parted.other_article_id
),

pairs as (
    select
        article_id as address_id,
        other_article_id as other_id
    from valid_joins
    union
    select
        other_article_id as address_id,
        article_id as other_id
    from valid_joins
),

links as (
    select
        pairs.address_id,
        pairs.other_id,
        addresses.first_position,
        others.first_position as other_position
    from pairs
    inner join addresses on pairs.address_id = addresses.address_id
    inner join addresses as others on pairs.other_id = others.address_id
),

reached as (
    -- An article has the id of its first address. Start from each address that is earlier than all those joined to
    -- it, and follow the joins to later ones. What is reached from several belongs to the earliest.
    select
        address_id,
        address_id as article_id,
        first_position as root_position
    from links
    group by address_id, first_position
    having min(other_position) > first_position
    union
    select
        links.other_id as address_id,
        reached.article_id,
        reached.root_position
    from reached
    inner join links on reached.address_id = links.address_id
    where reached.root_position < links.other_position
),

articles as (
    select
        address_id,
        arg_min(article_id, root_position) as article_id
    from reached
    group by address_id
),

joins as (
    select
        other_article_id as address_id,
        min_by(evidence, position) as evidence,
        min(recorded_at) as joined_at
    from valid_joins
    group by other_article_id
)

select
    addresses.address_id,
    coalesce(articles.article_id, addresses.address_id) as article_id,
    addresses.url,
    addresses.first_seen_at,
    joins.evidence,
    joins.joined_at,
    coalesce(joins.evidence not in ('guid', 'moved'), false) as is_variant
from addresses
left join articles on addresses.address_id = articles.address_id
left join joins on addresses.address_id = joins.address_id
