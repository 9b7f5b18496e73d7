-- Which articles repeat the text of an agency report that another outlet marks as such, without naming the agency?
-- Paragraphs of at least `words` words (default 12) are compared word for word; the share `share` (default 0.3) of them
-- must be the same. Parameters: words, share, since (a day; default: 7 days before the newest article), agency (one
-- that newsledger does not know: a text is marked if it begins or ends with this name).
with parameters as (
    select
        coalesce(
            cast(getvariable('since') as timestamptz),
            (select max(latest.first_seen_at) - interval 7 days from articles as latest)
        ) as since_at,
        getvariable('agency') as agency,
        coalesce(cast(getvariable('words') as integer), 12) as least_words,
        coalesce(cast(getvariable('share') as double), 0.3) as least_share
),

recent as (
    select
        articles.article_id,
        articles.source_id,
        articles.headline,
        articles.url,
        articles.authors,
        articles.published_at,
        if(
            contains(lower(left(articles.text, 100) || right(articles.text, 100)), lower(parameters.agency)),
            list_append(extractions.agencies, parameters.agency),
            extractions.agencies
        ) as agencies,
        list_distinct(list_filter(
            string_split(articles.text, chr(10)),
            lambda part: len(string_split(part, ' ')) >= parameters.least_words -- noqa: RF02
        )) as paragraphs
    from articles
    inner join events.article_extracted as extractions on articles.extraction_id = extractions.event_id
    cross join parameters
    where articles.first_seen_at >= parameters.since_at
),

paragraphs as (
    select
        article_id,
        source_id,
        len(agencies) > 0 as is_marked,
        unnest(paragraphs) as paragraph
    from recent
),

shared as (
    select
        unmarked.article_id,
        marked.article_id as agency_article_id,
        count(*) as paragraphs
    from paragraphs as unmarked
    inner join paragraphs as marked
        on unmarked.paragraph = marked.paragraph and unmarked.source_id != marked.source_id
    where marked.is_marked and not coalesce(unmarked.is_marked, false)
    group by unmarked.article_id, marked.article_id
)

select
    printed.source_id,
    printed.headline,
    array_to_string(printed.authors, ', ') as printed_authors,
    array_to_string(marked.agencies, ', ') as agencies,
    marked.source_id as marked_by,
    shared.paragraphs as same_paragraphs,
    round(shared.paragraphs / len(printed.paragraphs), 2) as share_of_paragraphs,
    printed.published_at,
    printed.url,
    marked.url as marked_url
from shared
inner join recent as printed on shared.article_id = printed.article_id
inner join recent as marked on shared.agency_article_id = marked.article_id
cross join parameters
where shared.paragraphs / len(printed.paragraphs) >= parameters.least_share
qualify row_number() over (partition by printed.article_id order by shared.paragraphs desc, marked.url asc) = 1
order by share_of_paragraphs desc, printed.url asc
limit 200;
