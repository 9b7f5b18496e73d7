-- An article's revisions are numbered from 1 to revision_count, and each differs from the one before.
select
    revisions.article_id,
    articles.revision_count,
    count(*) as revisions
from {{ written(ref('revisions_without_text')) }} as revisions
left join {{ written(ref('articles_without_text')) }} as articles on revisions.article_id = articles.article_id
group by revisions.article_id, articles.revision_count
having
    count(*) is distinct from articles.revision_count
    or max(revisions.revision_no) != count(*)
    or count(distinct revisions.revision_no) != count(*)
    or count_if(
        revisions.revision_no > 1
        and not (
            revisions.headline_changed or revisions.lead_changed
            or revisions.text_changed or revisions.correction_changed
        )
    ) > 0
