-- The paragraphs that were learned to be in many of the source's articles, and the first article of each.
select
    templates.text,
    templates.articles,
    templates.occurred_at,
    article_addresses.article_id
from events.template_learned as templates
left join article_addresses on try_cast(templates.article_ids[1] as uuid) = article_addresses.address_id
where templates.source_id = $source_id
order by templates.articles desc, templates.text
limit $row_limit
