-- The articles that touched addresses belonged to; an address that the last build did not know is one for itself.
insert into touched.articles_before
select coalesce(mapped.article_id, touched.address_id) as article_id
from touched.addresses as touched
left join main.article_addresses as mapped on touched.address_id = mapped.address_id
