select distinct
    new_words.word,
    new_words.language
from new_words
anti join known_words on new_words.word = known_words.word and new_words.language = known_words.language
order by all
