-- The languages of the articles.
select distinct language
from parts.articles_without_text
where language is not null
order by language
