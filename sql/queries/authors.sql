-- Who writes? Authors by number of articles, as their outlet prints their names.
-- Parameters: source (a source's id; all sources if not set), since (a day).
with parameters as (
    select
        getvariable('source') as source_id,
        coalesce(cast(getvariable('since') as timestamptz), timestamptz '-infinity') as since_at
),

written as (
    select
        authors.source_id,
        authors.author,
        articles.section,
        articles.word_count,
        articles.published_at
    from authors
    inner join articles on authors.article_id = articles.article_id
    cross join parameters
    where
        authors.published_at >= parameters.since_at
        and (parameters.source_id is null or authors.source_id = parameters.source_id)
)

select
    author,
    source_id,
    count(*) as articles,
    cast(sum(word_count) as bigint) as words,
    mode(section) as main_section,
    max(published_at) as last_published_at
from written
group by author, source_id
order by articles desc, words desc, author asc
limit 200;
