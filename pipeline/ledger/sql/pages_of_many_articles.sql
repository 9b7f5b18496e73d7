-- Readings of pages that answer for several articles: their redirects end at one address, or they have one headline and
-- text. A page is included if an article of it was captured in the interval.
with captures as (
    select
        article_id,
        source_id,
        payload_digest,
        event_id as capture_id,
        url,
        final_url,
        occurred_at >= $start and occurred_at < $end
        or recorded_at >= $start and recorded_at < $end as is_of_interval
    from ledger.article_captured
    where occurred_at >= $recall_start and via != 'feed'
    qualify row_number() over (partition by article_id, payload_digest order by position) = 1
),

readings as (
    select
        article_id,
        payload_digest,
        headline,
        text_digest
    from ledger.article_extracted
    where producer = $producer and occurred_at >= $recall_start
),

refused as (
    select
        article_id,
        payload_digest,
        true as is_refused
    from ledger.extraction_failed
    where producer = $producer and occurred_at >= $recall_start
),

answers as (
    select
        unnest(list_concat([readings.text_digest], if(captures.url != captures.final_url, [captures.final_url], [])))
            as page,
        captures.*,
        readings.headline,
        coalesce(refused.is_refused, false) as is_refused
    from captures
    inner join readings using (article_id, payload_digest)
    left join refused using (article_id, payload_digest)
),

shared as (
    select
        source_id,
        page
    from answers
    group by source_id, page
    having count(distinct article_id) >= $least_articles and bool_or(is_of_interval)
)

select
    answers.source_id,
    answers.page,
    answers.article_id,
    answers.capture_id,
    answers.url as asked_url,
    answers.final_url as url,
    answers.payload_digest,
    answers.headline,
    answers.is_refused
from answers
semi join shared using (source_id, page)
order by answers.source_id, answers.page, answers.article_id, answers.payload_digest
