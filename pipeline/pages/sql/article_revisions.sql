-- Every reading of the article that differs from the one before.
select
    revision_no,
    captured_at,
    last_seen_at,
    captures,
    via,
    headline,
    lead,
    text,
    correction,
    change_kinds,
    words_removed,
    words_added,
    word_diff,
    producer,
    lag(headline) over (order by revision_no) as headline_before,
    lag(lead) over (order by revision_no) as lead_before,
    lag(text) over (order by revision_no) as text_before
from article_revisions
where article_id = $article_id
order by revision_no
