-- What did outlets change after publication? Newest changes first; differences between two readers are left out.
select
    captured_at,
    source_id,
    url,
    revision_no,
    previous_headline,
    headline,
    headline_changed,
    lead_changed,
    text_changed,
    correction_changed,
    correction
from article_revisions
where revision_no > 1 and not producer_changed
order by captured_at desc, url asc
limit 100;
