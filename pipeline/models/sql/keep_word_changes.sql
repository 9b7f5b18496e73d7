-- Comparisons of touched articles that need not be made again.
insert into touched.word_changes_before by name
select *
from main.word_changes
where article_id in (select touched.address_id from touched.addresses as touched)
