-- Which quotations were added, removed or reworded after publication? Newest first.
-- Neighbouring revisions are compared, as one annotator found their quotations. Those of nobody whom the article names
-- are in a row without a person.
-- Parameters: since (a day), person (a full name).
with parameters as (
    select
        person_of(getvariable('person')) as person,
        coalesce(cast(getvariable('since') as timestamptz), timestamptz '-infinity') as since_at
),

pairs as (
    select
        revisions.article_id,
        revisions.revision_no,
        revisions.captured_at,
        revisions.source_id,
        revisions.url,
        earlier.extraction_id as old_extraction_id,
        revisions.extraction_id as new_extraction_id
    from article_revisions as revisions
    inner join article_revisions as earlier
        on revisions.article_id = earlier.article_id and revisions.revision_no = earlier.revision_no + 1
    where not revisions.producer_changed and revisions.extraction_id != earlier.extraction_id
),

compared as (
    -- the newest annotator that has read both
    select
        pairs.article_id,
        pairs.revision_no,
        max(olds.producer) as producer
    from pairs
    inner join events.article_annotated as olds on pairs.old_extraction_id = olds.caused_by
    inner join events.article_annotated as news
        on pairs.new_extraction_id = news.caused_by and olds.producer = news.producer
    where olds.quotes is not null and news.quotes is not null
    group by pairs.article_id, pairs.revision_no
),

sides as (
    -- one row for each extraction: a join on either of two columns would compare all quotations with all pairs
    select
        pairs.article_id,
        pairs.revision_no,
        compared.producer,
        unnest([pairs.old_extraction_id, pairs.new_extraction_id]) as extraction_id,
        unnest([false, true]) as is_new
    from pairs
    inner join compared using (article_id, revision_no)
),

found as (
    select
        sides.article_id,
        sides.revision_no,
        sides.is_new,
        person_of(quotes.person) as person,
        quotes.text
    from sides
    inner join events.quote_extracted as quotes
        on sides.extraction_id = quotes.caused_by and sides.producer = quotes.producer
    where quotes.kind = 'direct'
),

changed as (
    select
        article_id,
        revision_no,
        person,
        text,
        bool_or(is_new) as is_new
    from found
    group by article_id, revision_no, person, text
    having bool_and(is_new) or not bool_or(is_new)
)

select
    pairs.captured_at as seen_at,
    pairs.source_id,
    changed.person,
    string_agg(changed.text, ' … ' order by changed.text) filter (where not changed.is_new) as removed,
    string_agg(changed.text, ' … ' order by changed.text) filter (where changed.is_new) as added,
    pairs.url
from changed
inner join pairs using (article_id, revision_no)
cross join parameters
where
    pairs.captured_at >= parameters.since_at
    and (parameters.person is null or changed.person = parameters.person)
group by pairs.captured_at, pairs.source_id, pairs.url, pairs.revision_no, changed.person
order by pairs.captured_at desc, pairs.url asc, changed.person asc
limit 200;
