-- a word of the headline counts three times, one of the lead twice
create or replace temp table new_words as
with parts as (
    select
        new_documents.document_no,
        coalesce(new_documents.language, '') as language,
        unnest([articles.headline, articles.lead, articles.text]) as part,
        unnest([3, 2, 1]) as weight
    from new_documents
    inner join main.articles on new_documents.article_id = articles.article_id
),

words as (
    select
        document_no,
        language,
        weight,
        unnest(regexp_extract_all(lower(nfc_normalize(part)), '[\p{L}\p{N}]+')) as word
    from parts
    where part is not null
)

select
    document_no,
    language,
    word,
    sum(weight) as weight,
    count(*) as occurrences
from words
group by document_no, language, word
