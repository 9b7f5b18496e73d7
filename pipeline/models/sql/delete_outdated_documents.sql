create or replace temp table outdated_documents as
select documents.document_no
from search.documents
left join main.articles
    on
        documents.article_id = articles.article_id
        and documents.extraction_id = articles.extraction_id
        and documents.language is not distinct from articles.language
where articles.article_id is null;

delete from search.postings
where document_no in (select outdated_documents.document_no from outdated_documents);

delete from search.documents
where document_no in (select outdated_documents.document_no from outdated_documents);
