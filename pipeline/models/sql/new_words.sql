-- A word of the headline counts three times, one of the lead twice. Text is normalised only if it has characters that
-- this may change: it takes as long as finding the words, and Latin letters and quotation marks stay what they are.
create or replace temp table new_words as
with parts as (
    select
        new_documents.document_no,
        coalesce(new_documents.language, '') as language,
        unnest([readings.headline, readings.lead, readings.text]) as part,
        unnest([3, 2, 1]) as weight
    from new_documents
    inner join events.article_extracted as readings on new_documents.extraction_position = readings.position
),

normalized as (
    select
        document_no,
        language,
        weight,
        if(
            regexp_matches(part, '[^\x{0}-\x{2ff}\x{2002}-\x{20cf}\x{2100}-\x{2122}]'), nfc_normalize(part), part
        ) as part
    from parts
    where part is not null
),

words as (
    select
        document_no,
        language,
        weight,
        unnest(regexp_extract_all(lower(part), '[\p{L}\p{N}]+')) as word
    from normalized
)

select
    document_no,
    language,
    word,
    sum(weight) as weight,
    count(*) as occurrences
from words
group by document_no, language, word
