-- All addresses that are joined to touched ones, directly or through others.
create or replace table touched.addresses as
with recursive pairs as (
    select
        article_id as address_id,
        other_article_id as other_id
    from events.addresses_joined
    union
    select
        other_article_id as address_id,
        article_id as other_id
    from events.addresses_joined
),

reached as (
    select address_id from touched.addresses
    union
    select pairs.other_id as address_id
    from reached
    inner join pairs on reached.address_id = pairs.address_id
)

select address_id from reached
