insert into touched.addresses
select distinct article_id
from written.{table}
