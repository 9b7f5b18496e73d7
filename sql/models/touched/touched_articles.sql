-- touched_articles: one row per article whose rows this build writes again
{{ config(materialized='table', schema='touched') }}
-- A join moves an address from one article to another. Both are touched: the one that it was part of, and its new one.
select article_id
from {{ source('touched', 'articles_before') }}
union
select coalesce(mapped.article_id, touched.address_id) as article_id
from {{ source('touched', 'addresses') }} as touched
left join {{ ref('article_addresses') }} as mapped on touched.address_id = mapped.address_id
