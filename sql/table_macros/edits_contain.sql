-- edits_contain(previous_headline, headline, word_diff, query): true if a revision's old or new headline, or the
-- passages that it changed, contain all words of the query. The index of `search` has only an article's newest text.
create or replace macro main.edits_contain(previous_headline, headline, word_diff, query) as (
    list_bool_and(list_transform(
        regexp_extract_all(
            lower(regexp_replace(query, '(^|\s)-("[^"]*"|\S+)', ' ', 'g')), '[\p{L}\p{N}]+'
        ),
        lambda word: contains(
            lower(concat_ws(
                ' ',
                previous_headline,
                headline,
                array_to_string(
                    list_transform(word_diff, lambda change: concat_ws(' ', change.old, change.new)), ' '
                )
            )),
            word
        )
    )) is true
);
