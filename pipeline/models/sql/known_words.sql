-- The words of these articles that the index has. All its words are read for this, and for nothing else.
create or replace temp table known_words as
with looked_up as (
    select distinct
        word,
        language
    from new_words
)

select words.*
from search.words
inner join looked_up on words.word = looked_up.word and words.language = looked_up.language
