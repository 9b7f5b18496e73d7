-- person_of(a_name): the name that most articles use for this person, from `person_aliases`; any other name unchanged
create or replace macro main.person_of(a_name) as (
    coalesce(
        (
            select known.usual_name
            from (
                -- a column `name` that the caller gives would otherwise be that of person_aliases
                select
                    name as rare_name,
                    person as usual_name
                from main.person_aliases
            ) as known
            where known.rare_name = a_name -- noqa: RF03
        ),
        a_name
    )
);
