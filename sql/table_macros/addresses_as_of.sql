-- addresses_as_of(recorded): the article of each address that was joined to others by then; the rest are articles alone
create or replace macro main.addresses_as_of(recorded) as table (
    with recursive joined as (
        select
            article_id,
            other_article_id,
            evidence,
            position
        from events.addresses_joined
        where recorded_at <= cast(recorded as timestamptz)
    ),

    parted as (
        select
            article_id,
            other_article_id
        from events.addresses_parted
        where recorded_at <= cast(recorded as timestamptz)
    ),

    joins as (
        select joined.*
        from joined
        anti join parted
            on joined.article_id = parted.article_id and joined.other_article_id = parted.other_article_id
    ),

    pairs as (
        select
            article_id as address_id,
            other_article_id as other_id
        from joins
        union
        select
            other_article_id as address_id,
            article_id as other_id
        from joins
    ),

    addresses as (
        select
            items.article_id as address_id,
            min(items.position) as first_position
        from events.item_discovered as items
        where items.article_id in (select pairs.address_id from pairs)
        group by items.article_id
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
        -- as in the mart article_addresses, with which tests/models/test_incremental.py compares it
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
    )

    select
        reached.address_id,
        arg_min(reached.article_id, reached.root_position) as article_id,
        coalesce(min_by(joins.evidence, joins.position) not in ('guid', 'moved'), false) as is_variant
    from reached
    left join joins on reached.address_id = joins.other_article_id
    group by reached.address_id
);
