select
    (select count(*) from articles) as articles,
    (select count(*) from article_revisions) as revisions,
    (select count(*) from quotes) as quotes,
    (select head_position from build_info) as head_position
