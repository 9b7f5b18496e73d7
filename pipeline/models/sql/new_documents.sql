create or replace temp table new_documents as
with looked_at as (
    select
        article_id,
        extraction_id,
        language,
        first_seen_at
    from main.articles
    where
        (select span.after_position from touched.span) = 0
        or article_id in (select addresses.address_id from touched.addresses)
)

select
    cast(
        (select coalesce(max(latest.document_no), 0) from search.documents as latest)
        + row_number() over (order by looked_at.first_seen_at, looked_at.article_id) as integer
    ) as document_no,
    looked_at.article_id,
    looked_at.extraction_id,
    looked_at.language
from looked_at
anti join search.documents on looked_at.article_id = documents.article_id
order by looked_at.first_seen_at, looked_at.article_id
limit $most
