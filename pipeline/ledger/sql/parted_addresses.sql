-- The pairs of addresses that a person has declared to be different articles.
select
    article_id,
    other_article_id
from ledger.addresses_parted
