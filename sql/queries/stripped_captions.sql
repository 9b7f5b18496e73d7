-- Which blocks were stripped from the articles, by source and kind, with the most frequent text of each?
select
    stripped.source_id,
    stripped.kind,
    stripped.rule,
    count(*) as blocks,
    count(distinct articles.article_id) as articles,
    mode(stripped.text) as most_frequent_text
from events.boilerplate_stripped as stripped
inner join articles on stripped.caused_by = articles.extraction_id
group by stripped.source_id, stripped.kind, stripped.rule
order by blocks desc, stripped.source_id asc, stripped.kind asc, stripped.rule asc;
