-- What did outlets change after publication? Newest changes first; differences between two readers are left out.
select
    source_id,
    headline,
    if(headline_changed, previous_headline, null) as headline_before,
    lead_changed,
    text_changed,
    correction,
    captured_at,
    url
from article_revisions
where revision_no > 1 and not producer_changed
order by captured_at desc, url asc
limit 100;
