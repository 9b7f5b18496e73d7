-- corrections: one row per article and wording of a notice in which the outlet corrects it
{{ config(materialized='incremental', unique_key='article_id') }}
with revisions as (
    select
        article_id,
        correction,
        min(revision_no) as revision_no,
        min(captured_at) as noticed_at
    from {{ written(ref('revisions_without_text')) }}
    where correction is not null
    group by article_id, correction
)

select
    revisions.article_id,
    revisions.revision_no,
    articles.source_id,
    articles.headline,
    revisions.correction,
    articles.published_at,
    revisions.noticed_at,
    coalesce(articles.correction = revisions.correction, false) as is_current,
    articles.url
from revisions
inner join {{ written(ref('articles_without_text')) }} as articles on revisions.article_id = articles.article_id
