create or replace temp table new_documents as
select
    cast(
        (select coalesce(max(latest.document_no), 0) from search.documents as latest)
        + row_number() over (order by articles.first_seen_at, articles.article_id) as integer
    ) as document_no,
    articles.article_id,
    articles.extraction_id,
    articles.language
from main.articles
left join search.documents on articles.article_id = documents.article_id
where
    documents.article_id is null
    and (
        (select span.after_position from touched.span) = 0
        or articles.article_id in (select addresses.address_id from touched.addresses)
    )
order by articles.first_seen_at, articles.article_id
limit $most
