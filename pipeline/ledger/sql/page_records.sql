-- Where the archive holds answers to be read back: captured pages, and answers to revisits that made no new capture.
select event_id, url, payload_digest, warc_file, warc_offset, warc_length
from ledger.article_captured
where warc_type in ('response', 'resource')
union all
select event_id, url, payload_digest, warc_file, warc_offset, warc_length
from ledger.article_revisited
where warc_type = 'response' and outcome != 'changed'
order by warc_file, warc_offset
