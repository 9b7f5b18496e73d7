-- The articles that were erased, each with the widest scope.
select
    article_id,
    min(scope) as scope -- 'article' goes before 'person'
from ledger.article_redacted
group by article_id
