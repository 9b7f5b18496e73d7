-- Each source as it was described last.
select
    event_id,
    source_id,
    name,
    language,
    country,
    homepage,
    feeds,
    sitemaps
from ledger.source_described
qualify row_number() over (partition by source_id order by position desc) = 1
