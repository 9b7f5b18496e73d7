-- Which quotations does the newest annotator find differently from the one before, in the same texts?
-- `old` and `new` are the speakers that each has found; null if it has not found the quotation.
with readings as (
    select
        caused_by as extraction_id,
        source_id,
        article_id,
        producer,
        row_number() over (
            partition by caused_by, split_part(producer, '@', 1)
            order by try_cast(split_part(producer, '@', 2) as bigint) desc
        ) as age
    from events.article_annotated
    where quotes is not null
),

said as (
    select
        caused_by as extraction_id,
        producer,
        kind,
        text,
        start_char,
        coalesce(person, speaker, '(nobody)') as who
    from events.quote_extracted
),

pairs as (
    select
        new.source_id,
        new.article_id,
        new.extraction_id,
        old.producer as old_producer,
        new.producer as new_producer
    from readings as new
    inner join readings as old
        on
            new.extraction_id = old.extraction_id
            and split_part(new.producer, '@', 1) = split_part(old.producer, '@', 1)
            and new.age = 1
            and old.age = 2
),

both_sides as (
    select
        pairs.*,
        said.kind,
        said.start_char,
        said.text,
        max(said.who) filter (where said.producer = pairs.old_producer) as old,
        max(said.who) filter (where said.producer = pairs.new_producer) as new
    from pairs
    inner join said
        on
            pairs.extraction_id = said.extraction_id
            and said.producer in (pairs.old_producer, pairs.new_producer)
    group by all
)

select
    source_id,
    old_producer,
    new_producer,
    old,
    new,
    kind,
    text,
    article_id
from both_sides
where old is distinct from new
order by source_id asc, article_id asc, start_char asc
limit 100;
