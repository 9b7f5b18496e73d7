select
    source_id,
    count(distinct article_id) as articles
from ledger.article_extracted
group by source_id
