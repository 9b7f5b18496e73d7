-- The articles that the index does not have in their newest form, numbered after those that it has.
create or replace temp table documents_to_index as
with looked_at as (
    select *
    from parts.articles_without_text
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
    looked_at.extraction_position,
    looked_at.language
from looked_at
anti join search.documents on looked_at.article_id = documents.article_id
