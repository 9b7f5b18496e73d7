-- The paragraphs that were learned to be in many of the source's articles.
select
    position,
    text,
    articles,
    occurred_at
from events.template_learned
where source_id = $source_id
order by articles desc, text
limit $row_limit
