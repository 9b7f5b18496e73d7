-- What does the newest extractor read differently from the one before, on the same archived pages? Least alike first.
-- `words_shared` is the share of the distinct words that both texts have in common, 1 if they have all.
with versions as (
    select
        event_id,
        article_id,
        payload_digest,
        producer,
        true as is_read
    from events.article_extracted
    union all
    -- a version that cannot read the page
    select
        event_id,
        article_id,
        payload_digest,
        producer,
        false as is_read
    from events.extraction_failed
),

aged as (
    select
        *,
        row_number() over (
            partition by article_id, payload_digest order by try_cast(split_part(producer, '@', 2) as bigint) desc
        ) as age,
        count(*) over (partition by article_id, payload_digest) as versions
    from versions
),

-- texts are read only of pages that have been read twice
readings as (
    select
        aged.event_id,
        aged.article_id,
        aged.payload_digest,
        aged.producer,
        aged.age,
        coalesce(extractions.source_id, failures.source_id) as source_id,
        coalesce(extractions.url, failures.url) as url,
        extractions.headline,
        coalesce(extractions.word_count, 0) as word_count,
        extractions.text_digest,
        coalesce(list_distinct(string_split_regex(extractions.text, '\s+')), []) as words
    from aged
    left join events.article_extracted as extractions on aged.is_read and aged.event_id = extractions.event_id
    left join events.extraction_failed as failures on not aged.is_read and aged.event_id = failures.event_id
    where aged.versions > 1 and aged.age <= 2
),

stripped as (
    select
        caused_by as extraction_id,
        count(*) as blocks
    from events.boilerplate_stripped
    group by caused_by
),

quoted as (
    -- as found by the newest annotator that has read it
    select
        annotations.caused_by as extraction_id,
        arg_max(annotations.quotes, try_cast(split_part(annotations.producer, '@', 2) as bigint)) as quotes
    from events.article_annotated as annotations
    group by annotations.caused_by
)

select
    new.source_id,
    old.producer as old_producer,
    new.producer as new_producer,
    old.headline as old_headline,
    new.headline as new_headline,
    old.word_count as old_words,
    new.word_count as new_words,
    coalesce(old_stripped.blocks, 0) as old_stripped,
    coalesce(new_stripped.blocks, 0) as new_stripped,
    old_quoted.quotes as old_quotes,
    new_quoted.quotes as new_quotes,
    round(len(list_intersect(old.words, new.words)) / len(list_distinct(old.words || new.words)), 3) as words_shared,
    coalesce(old.text_digest = new.text_digest, false) as reads_the_same,
    new.url,
    new.payload_digest
from readings as new
inner join readings as old
    on new.article_id = old.article_id and new.payload_digest = old.payload_digest and new.age = 1 and old.age = 2
left join stripped as old_stripped on old.event_id = old_stripped.extraction_id
left join stripped as new_stripped on new.event_id = new_stripped.extraction_id
left join quoted as old_quoted on old.event_id = old_quoted.extraction_id
left join quoted as new_quoted on new.event_id = new_quoted.extraction_id
order by words_shared asc, reads_the_same asc, new.url asc, new.payload_digest asc
limit 100;
