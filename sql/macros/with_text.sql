{#
  A view of the stored rows and the text of each, which is stored once, in the event that it was extracted by. Events are
  found by their position, not their id: a table is in its order, so only the parts of it that are needed are read.
#}
{% macro with_text(stored_rows) -%}
with readable as (
    select
        stored_rows.*,
        readings.text
    from {{ ref(stored_rows) }} as stored_rows
    inner join {{ source('events', 'article_extracted') }} as readings
        on stored_rows.extraction_position = readings.position
)

select {{ described_columns() }}
from readable
{%- endmacro %}
