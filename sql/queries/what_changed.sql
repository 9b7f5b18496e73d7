-- What did outlets change after publication? Newest first, without mere typography and new versions of the extractor.
select
    source_id,
    headline,
    array_to_string(change_kinds, ', ') as changed,
    if(headline_changed, previous_headline, null) as headline_before,
    round(100 * changed_share, 1) as changed_percent,
    array_to_string(
        list_transform(
            list_filter(word_diff, lambda change: not change['cosmetic'] and change['part'] != 'headline')[:5],
            lambda change: '[' || change['old'] || ' → ' || change['new'] || ']'
        ),
        ' '
    ) as first_words_changed,
    correction,
    captured_at,
    url
from article_revisions
where revision_no > 1 and list_has_any(change_kinds, ['headline', 'lead', 'correction', 'substance'])
order by captured_at desc, url asc
limit 100;
