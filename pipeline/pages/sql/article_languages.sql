-- The languages of the articles.
select distinct language
from articles
where language is not null
order by language
