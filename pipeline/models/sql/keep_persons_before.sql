-- The persons whom touched articles named or quoted. Mentions and quotations have the time of their article and are
-- stored nearly by it, so that a join by the time as well reads little of them.
create or replace temp table touched_articles as
select
    article_id,
    published_at
from parts.articles_without_text
where article_id in (select touched.address_id from touched.addresses as touched);

insert into touched.persons_before
select mentions.name
from main.mentions
semi join touched_articles as touched
    on mentions.article_id = touched.article_id and mentions.published_at = touched.published_at
where mentions.kind = 'person'
union
select mentions.name
from main.mentions
where
    mentions.kind = 'person'
    and mentions.published_at is null
    and mentions.article_id in (select touched.article_id from touched_articles as touched)
union
select quotes.person as name
from main.quotes
semi join touched_articles as touched
    on quotes.article_id = touched.article_id and quotes.published_at = touched.published_at
where quotes.person is not null
union
select quotes.person as name
from main.quotes
where
    quotes.person is not null
    and quotes.published_at is null
    and quotes.article_id in (select touched.article_id from touched_articles as touched)
