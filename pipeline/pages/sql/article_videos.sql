-- The article's videos, from their captions.
select
    video_no,
    teaser,
    published_on,
    duration_seconds
from events.video_embedded
where
    caused_by = (
        select articles.extraction_id from articles
        where articles.article_id = $article_id
    )
order by video_no
