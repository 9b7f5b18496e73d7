-- The pairs of addresses that were joined, as far as they lead from these articles to others.
with recursive links as (
    select article_id, other_article_id from ledger.addresses_joined
    union
    select other_article_id as article_id, article_id as other_article_id from ledger.addresses_joined
),

reached as (
    select unnest($article_ids) as article_id
    union
    select links.other_article_id as article_id
    from reached
    inner join links on reached.article_id = links.article_id
)

select distinct links.article_id, links.other_article_id
from links
semi join reached using (article_id)
