-- What was on the page and is not part of the article, in the order of the page.
select
    block_no,
    kind,
    rule,
    text
from events.boilerplate_stripped
where
    caused_by = (
        select articles.extraction_id from articles
        where articles.article_id = $article_id
    )
order by block_no
