-- The texts that feeds carry of these articles, if no page of the article was ever captured.
select article_id, content, title, published_at
from ledger.item_discovered
where
    article_id in (select unnest($article_ids)) and occurred_at >= $recall_start and content is not null
    and article_id not in (
        select article_id from ledger.article_captured
        where occurred_at >= $recall_start
    )
qualify row_number() over (partition by article_id order by position desc) = 1
