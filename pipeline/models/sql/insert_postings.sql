insert into search.documents
select
    new_documents.document_no,
    new_documents.article_id,
    new_documents.extraction_id,
    new_documents.language,
    coalesce(sum(new_words.occurrences), 0) as words
from new_documents
left join new_words on new_documents.document_no = new_words.document_no
group by all
order by new_documents.document_no;

insert into search.postings
select
    words.term_no,
    new_words.document_no,
    least(sum(new_words.weight), 65535) as weight
from new_words
inner join known_words as words on new_words.word = words.word and new_words.language = words.language
group by words.term_no, new_words.document_no
order by words.term_no, new_words.document_no;
