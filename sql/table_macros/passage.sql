-- passage(text, query): the first place in the text where a word of the query stands, with some words around it
create or replace macro main.passage(text, query) as (
    trim(coalesce(
        nullif(regexp_extract(
            regexp_replace(text, '\s+', ' ', 'g'),
            '(?i)(?:^|\b)(?:\S+ ){0,12}\S*\b(?:'
            || array_to_string(
                list_transform(
                    regexp_extract_all(
                        regexp_replace(query, '(^|\s)-("[^"]*"|\S+)', ' ', 'g'), '[\p{L}\p{N}]+'
                    ),
                    lambda word: if(len(word) > 4, left(word, len(word) - 1), word)
                ),
                '|'
            )
            || ')\S*(?: \S+){0,16}'
        ), ''),
        left(text, 160)
    ))
);
