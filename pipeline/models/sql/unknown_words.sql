select distinct
    new_words.word,
    new_words.language
from new_words
anti join search.words on new_words.word = words.word and new_words.language = words.language
order by all
