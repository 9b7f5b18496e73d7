-- The events of touched addresses. The rows are found by one column first; the others are large.
create or replace table touched.{table} as
select *
from events.{table}
where rowid in (
    select found.rowid
    from events.{table} as found
    where found.article_id in (select touched.address_id from touched.addresses as touched)
)
