-- speakers: one row per person and source that quotes the person: how often, in which way, and since when
{{ config(materialized='incremental', unique_key='person', meta={'touched': 'touched_persons'}) }}
select
    name as person,
    source_id,
    cast(sum(quoting_articles) as bigint) as articles,
    cast(sum(direct_quotes) as bigint) as direct_quotes,
    cast(sum(indirect_quotes) as bigint) as indirect_quotes,
    min(first_heard_at) as first_heard_at,
    max(last_heard_at) as last_heard_at
from {{ ref('names_monthly') }}
where
    kind = 'person'
    and quoting_articles > 0
    and name in (select touched.name from {{ ref('touched_persons') }} as touched)
group by name, source_id
