-- The digests by which erased articles are recognised under other addresses.
select distinct unnest(recognised_by) as digest
from ledger.article_redacted
