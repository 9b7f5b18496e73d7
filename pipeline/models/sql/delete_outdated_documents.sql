create or replace temp table outdated_documents as
with looked_at as (
    -- a build that continues the last one looks at the articles that it has written
    select *
    from search.documents
    where
        (select span.after_position from touched.span) = 0
        or article_id in (select addresses.address_id from touched.addresses)
)

select looked_at.document_no
from looked_at
left join parts.articles_without_text as articles
    on
        looked_at.article_id = articles.article_id
        and looked_at.extraction_id = articles.extraction_id
        and looked_at.language is not distinct from articles.language
where articles.article_id is null;

delete from search.postings
where document_no in (select outdated_documents.document_no from outdated_documents);

delete from search.documents
where document_no in (select outdated_documents.document_no from outdated_documents);
