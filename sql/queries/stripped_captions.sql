-- Which blocks were stripped from the articles, by source and kind, with a frequent text of each?
select
    source_id,
    kind,
    rule,
    cast(sum(blocks) as bigint) as blocks,
    cast(sum(articles) as bigint) as articles,
    arg_max(samples[1], (blocks, day)) as frequent_text
from boilerplate_audit
group by source_id, kind, rule
order by blocks desc, source_id asc, kind asc, rule asc;
