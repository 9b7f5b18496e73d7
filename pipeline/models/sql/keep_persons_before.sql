-- The persons whom touched articles named or quoted.
insert into touched.persons_before
select mentions.name
from main.mentions
where
    mentions.kind = 'person'
    and mentions.article_id in (select touched.address_id from touched.addresses as touched)
union
select quotes.person as name
from main.quotes
where
    quotes.person is not null
    and quotes.article_id in (select touched.address_id from touched.addresses as touched)
