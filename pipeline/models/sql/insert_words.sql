-- Stems that the index does not have are numbered after those that it has.
create or replace temp table stems as
select
    stemmed.term,
    terms.term_no is null as is_new,
    coalesce(
        terms.term_no,
        (select coalesce(max(latest.term_no), 0) from search.terms as latest)
        + row_number() over (partition by terms.term_no is null order by stemmed.term)
    ) as term_no
from (select distinct term from stemmed) as stemmed
left join search.terms on stemmed.term = terms.term;

insert into search.terms
select
    term_no,
    term
from stems
where is_new;

create or replace temp table added_words as
select
    stemmed.word,
    stemmed.language,
    stems.term_no
from stemmed
inner join stems on stemmed.term = stems.term;

insert into search.words
select *
from added_words
order by word;

insert into known_words
select *
from added_words
