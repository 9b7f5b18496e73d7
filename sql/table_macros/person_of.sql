-- person_of(a_name): the name that most articles use for this person, from `person_aliases`; any other name as it is
create or replace macro main.person_of(a_name) as (
    coalesce(
        (
            select known.usual_name
            from (
                -- in the macro's place, a column `name` of the caller would be that of person_aliases
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
