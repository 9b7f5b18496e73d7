-- Every revision but the first has kinds of change, and the changed words if one producer has read both sides.
select
    article_id,
    revision_no,
    change_kinds,
    changed_share
from {{ written(ref('revisions_without_text')) }}
where
    (revision_no = 1) != (len(change_kinds) = 0)
    or len(list_filter(
        change_kinds, lambda kind: kind not in ('headline', 'lead', 'correction', 'substance', 'cosmetic', 'reader')
    )) > 0
    or (list_has_any(change_kinds, ['cosmetic', 'reader']) and len(change_kinds) != 1)
    or (revision_no > 1 and not producer_changed and word_diff is null)
    or coalesce(changed_share, 0) not between 0 and 1
