-- The article's videos, from their captions.
select
    video_no,
    teaser,
    published_on,
    duration_seconds
from videos
where article_id = $article_id
order by video_no
