-- Paragraphs that stand in many articles of one source with a capture in the interval, as the producer read them, and
-- that are no known template. An article of which a large share stands in others, too, is a copy and no evidence.
with sources as (
    select distinct source_id
    from ledger.article_captured
    where occurred_at >= $start and occurred_at < $end
),

extractions as (
    select source_id, article_id, event_id, position, coalesce(headline, url) as headline, blocks, length(text) as chars
    from ledger.article_extracted
    semi join sources using (source_id)
    where producer = $producer and occurred_at >= $recall_start
    qualify row_number() over (partition by article_id order by position desc) = 1
),

blocks as (
    select source_id, article_id, event_id, position, headline, chars, unnest(blocks) as block
    from extractions
),

paragraphs as (
    select distinct source_id, article_id, event_id, position, headline, chars, struct_extract(block, 'text') as text
    from blocks
    where
        struct_extract(block, 'kind') = 'paragraph'
        and length(struct_extract(block, 'text')) between $least_chars and $most_chars
),

repeated as (
    select source_id, text
    from paragraphs
    group by source_id, text
    having count(distinct headline) >= $least_articles
),

copies as (
    select article_id
    from paragraphs
    semi join repeated using (source_id, text)
    group by article_id, chars
    having sum(length(text)) > $most_share * chars
)

select
    source_id,
    text,
    count(*) as articles,
    list(article_id order by position)[:$least_articles] as article_ids,
    max_by(event_id, position) as extraction_id
from paragraphs
semi join repeated using (source_id, text)
anti join copies using (article_id)
anti join ledger.template_learned using (source_id, text)
group by source_id, text
having count(distinct headline) >= $least_articles
order by source_id, min(position), text
