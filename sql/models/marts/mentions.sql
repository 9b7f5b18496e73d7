-- mentions: one row per place in an article's newest revision where a person, an organisation or a place is named
select
    mentions.event_id as mention_id,
    articles.article_id,
    articles.source_id,
    articles.published_at,
    mentions.kind,
    mentions.name,
    mentions.surface,
    mentions.role,
    mentions.party,
    mentions.country,
    mentions.start_char,
    mentions.end_char,
    mentions.rule,
    mentions.confidence,
    mentions.producer,
    articles.extraction_id
from {{ ref('articles') }} as articles
inner join {{ ref('current_annotations') }} as annotations on articles.extraction_id = annotations.extraction_id
inner join {{ source('events', 'entity_mentioned') }} as mentions
    on annotations.extraction_id = mentions.caused_by and annotations.mentions_producer = mentions.producer
