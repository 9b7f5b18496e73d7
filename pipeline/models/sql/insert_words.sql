insert into search.terms
select
    cast(
        (select coalesce(max(latest.term_no), 0) from search.terms as latest)
        + row_number() over (order by stems.term) as integer
    ) as term_no,
    stems.term
from (select distinct stemmed.term from stemmed) as stems
anti join search.terms on stems.term = terms.term;

insert into search.words
select
    stemmed.word,
    stemmed.language,
    terms.term_no
from stemmed
inner join search.terms on stemmed.term = terms.term
order by stemmed.word;
