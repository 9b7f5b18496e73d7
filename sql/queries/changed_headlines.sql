-- Which headlines were changed after publication, and how? Newest first.
-- Parameters: source (a source's id; all sources if not set), since (a day). Changes of
-- punctuation or case alone are left out.
with parameters as (
    select
        getvariable('source') as source_id,
        coalesce(cast(getvariable('since') as timestamptz), timestamptz '-infinity') as since_at
)

select
    revisions.captured_at as seen_at,
    revisions.source_id,
    revisions.previous_headline as headline_before,
    revisions.headline,
    date_diff('hour', articles.published_at, revisions.captured_at) as hours_after,
    revisions.url
from article_revisions as revisions
inner join articles using (article_id)
cross join parameters
where
    list_contains(revisions.change_kinds, 'headline')
    and revisions.captured_at >= parameters.since_at
    and (parameters.source_id is null or revisions.source_id = parameters.source_id)
order by revisions.captured_at desc, revisions.url asc
limit 200;
