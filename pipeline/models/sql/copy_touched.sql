-- The events of touched addresses. The rows are found by one column first; the others are large. None stands before the
-- position, and events are stored by position, so that most of the table need not be read.
create or replace table touched.{table} as
select *
from events.{table}
where rowid in (
    select found.rowid
    from events.{table} as found
    where
        found.position >= {first_position}
        and found.article_id in (select touched.address_id from touched.addresses as touched)
)
