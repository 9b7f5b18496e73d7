-- quotes: one row per quotation in an article's newest revision, direct or reported, traceable to the archived bytes
{{ config(materialized='incremental', unique_key='article_id') }}
with payloads as (
    -- a revisit record does not repeat the payload: the earliest other record with the same digest holds it
    select
        article_id,
        payload_digest,
        warc_file,
        warc_offset,
        warc_length
    from {{ of_articles('article_captured') }}
    where warc_type in ('response', 'resource')
    qualify row_number() over (partition by article_id, payload_digest order by position) = 1
),

found as (
    select
        quotes.* exclude (part),
        coalesce(quotes.part, 'text') as part,
        quotes.event_id as quote_id,
        articles.headline,
        articles.published_at,
        articles.url,
        articles.revision_count as revision_no,
        articles.extraction_id,
        extractions.payload_digest,
        payloads.warc_file,
        payloads.warc_offset,
        payloads.warc_length
    from {{ written(ref('articles_without_text')) }} as articles
    inner join {{ ref('current_annotations') }} as annotations on articles.extraction_id = annotations.extraction_id
    inner join {{ of_articles('quote_extracted') }} as quotes
        on annotations.extraction_id = quotes.caused_by and annotations.producer = quotes.producer
    inner join {{ of_articles('article_extracted') }} as extractions
        on articles.extraction_id = extractions.event_id
    left join payloads
        on extractions.article_id = payloads.article_id and extractions.payload_digest = payloads.payload_digest
)

select {{ described_columns() }}
from found
