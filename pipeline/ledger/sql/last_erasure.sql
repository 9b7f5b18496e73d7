select max(position) as position
from ledger.article_redacted
