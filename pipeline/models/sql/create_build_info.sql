-- build_info: one row, what this file was built from. It is made last: a file without it is unfinished.
create or replace table main.build_info as
select
    cast($head_position as bigint) as head_position,
    cast($head_digest as varchar) as head_digest,
    cast($newsledger_version as varchar) as newsledger_version,
    cast($recipe_digest as varchar) as recipe_digest,
    -- Named as their producers are: `rules` asserts `annotate@N`, `spacy:de_core_news_sm` asserts `spacy-…@N`.
    list_transform(
        cast($annotators as varchar[]),
        lambda spec: replace(trim(split_part(spec, ':', 1)), 'rules', 'annotate')
    ) as annotators,
    current_timestamp as built_at
