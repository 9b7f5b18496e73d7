-- What outlets changed after publication, newest first, without mere typography and new versions of the extractor.
with numbered as (
    select
        *,
        lag(lead) over (partition by article_id order by revision_no) as lead_before,
        lag(correction) over (partition by article_id order by revision_no) as correction_before
    from article_revisions
)

select
    article_id,
    revision_no,
    source_id,
    captured_at,
    headline,
    previous_headline,
    lead,
    lead_before,
    text,
    correction,
    correction_before,
    change_kinds,
    words_removed,
    words_added,
    changed_share,
    word_diff
from numbered
where
    revision_no > 1
    and list_has_any(change_kinds, ['headline', 'lead', 'correction', 'substance'])
    and cast(captured_at at time zone 'UTC' as date) between $from_on and $to_on
    and ($only_source is null or source_id = $only_source)
    and ($only_language is null or language = $only_language)
    and ($only_kind is null or list_contains(change_kinds, $only_kind))
order by captured_at desc, article_id
limit $row_limit
