create or replace temp table outdated_documents as
select documents.document_no
from search.documents
left join main.articles
    on
        documents.article_id = articles.article_id
        and documents.extraction_id = articles.extraction_id
        and documents.language is not distinct from articles.language
where
    articles.article_id is null
    -- a build that continues the last one looks at the articles that it has written
    and (
        (select span.after_position from touched.span) = 0
        or documents.article_id in (select addresses.address_id from touched.addresses)
    );

delete from search.postings
where document_no in (select outdated_documents.document_no from outdated_documents);

delete from search.documents
where document_no in (select outdated_documents.document_no from outdated_documents);
