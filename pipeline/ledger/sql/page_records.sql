select event_id, url, payload_digest, warc_file, warc_offset, warc_length
from ledger.article_captured
where warc_type in ('response', 'resource')
order by warc_file, warc_offset
