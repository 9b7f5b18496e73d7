-- Which articles were changed most often, and by how many words?
-- Parameters: source (a source's id; all sources if not set), since (a day of publication).
with parameters as (
    select
        getvariable('source') as source_id,
        coalesce(cast(getvariable('since') as timestamptz), timestamptz '-infinity') as since_at
),

changes as (
    select
        article_id,
        count(*) as changes,
        cast(sum(words_removed) as bigint) as words_removed,
        cast(sum(words_added) as bigint) as words_added,
        array_to_string(list_sort(list_distinct(flatten(list(change_kinds)))), ', ') as kinds
    from article_revisions
    where list_has_any(change_kinds, ['headline', 'lead', 'correction', 'substance'])
    group by article_id
)

select
    articles.source_id,
    articles.headline,
    changes.changes,
    changes.words_removed,
    changes.words_added,
    changes.kinds,
    articles.published_at,
    articles.url
from changes
inner join articles on changes.article_id = articles.article_id
cross join parameters
where
    coalesce(articles.published_at, articles.first_seen_at) >= parameters.since_at
    and (parameters.source_id is null or articles.source_id = parameters.source_id)
order by changes.changes desc, changes.words_added desc, articles.url asc
limit 100;
