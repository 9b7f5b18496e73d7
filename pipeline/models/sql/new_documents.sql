create or replace temp table new_documents as
select *
from documents_to_index
where document_no between $first and $last
