-- How much of what the summary of a run names is in the ledger, and how much of it these runs were the first to add.
with feeds as (
    select arg_min(list_contains($run_ids::varchar[], run_id), position) as is_new
    from ledger.feed_polled
    where caused_by is null
    group by feed_url
),

items as (
    select arg_min(list_contains($run_ids::varchar[], run_id), position) as is_new
    from ledger.item_discovered
    group by feed_url, guid, article_id
),

captures as (
    select list_contains($run_ids::varchar[], run_id) as is_new
    from ledger.article_captured
),

articles as (
    select arg_min(list_contains($run_ids::varchar[], run_id), position) as is_new
    from ledger.article_extracted
    group by article_id
),

quotes as (
    select list_contains($run_ids::varchar[], run_id) as is_new
    from ledger.quote_extracted
),

stripped_captions as (
    select list_contains($run_ids::varchar[], run_id) as is_new
    from ledger.boilerplate_stripped
    where kind = 'video_caption'
)

select 1 as place, 'feeds' as name, count(*) filter (where is_new) as new, count(*) as in_ledger from feeds
union all
select 2 as place, 'items' as name, count(*) filter (where is_new) as new, count(*) as in_ledger from items
union all
select 3 as place, 'captures' as name, count(*) filter (where is_new) as new, count(*) as in_ledger from captures
union all
select 4 as place, 'articles' as name, count(*) filter (where is_new) as new, count(*) as in_ledger from articles
union all
select 5 as place, 'quotes' as name, count(*) filter (where is_new) as new, count(*) as in_ledger from quotes
union all
select 6 as place, 'stripped captions' as name, count(*) filter (where is_new) as new, count(*) as in_ledger
from stripped_captions
order by place
