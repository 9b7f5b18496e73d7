-- The joins of addresses that lead from these articles to others, without those that a person has taken back.
with recursive joins as (
    select
        article_id,
        other_article_id,
        event_id,
        source_id,
        url,
        other_url
    from ledger.addresses_joined
    anti join ledger.addresses_parted using (article_id, other_article_id)
),

links as (
    select
        article_id,
        other_article_id
    from joins
    union
    select
        other_article_id as article_id,
        article_id as other_article_id
    from joins
),

reached as (
    select unnest($article_ids) as article_id
    union
    select links.other_article_id as article_id
    from reached
    inner join links on reached.article_id = links.article_id
)

select
    joins.article_id,
    joins.other_article_id,
    joins.event_id,
    joins.source_id,
    joins.url,
    joins.other_url
from joins
semi join reached using (article_id)
order by joins.url, joins.other_url
