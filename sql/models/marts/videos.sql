-- videos: one row per video, sound or series of pictures in an article, from its caption
{{ config(materialized='incremental', unique_key='article_id') }}
select
    articles.article_id,
    videos.video_no,
    articles.source_id,
    coalesce(videos.medium, 'video') as medium,
    videos.teaser,
    videos.published_on,
    videos.duration_seconds,
    videos.event_id as video_id
from {{ written(ref('articles_without_text')) }} as articles
inner join {{ of_articles('video_embedded') }} as videos on articles.extraction_id = videos.caused_by
