-- The first of the articles in which each paragraph was found that counts as a template of the source.
with listed as (
    select
        position,
        text,
        articles as found_in,
        unnest(article_ids) as listed_id
    from events.template_learned
    where source_id = $source_id and ($only_place is null or concat('t', position) = $only_place)
)

select distinct
    listed.position,
    listed.text,
    listed.found_in,
    article_addresses.article_id,
    articles.headline,
    article_addresses.url,
    articles.language
from listed
inner join article_addresses on try_cast(listed.listed_id as uuid) = article_addresses.address_id
left join parts.articles_without_text as articles on article_addresses.article_id = articles.article_id
order by listed.found_in desc, listed.text, article_addresses.article_id
limit $row_limit
