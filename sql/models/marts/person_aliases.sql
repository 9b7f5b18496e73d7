-- person_aliases: one row per name of a person that another name of the same person is more usual than, and why
with heard as (
    select
        *,
        lower(role) as office,
        {{ name_sounds("lower(strip_accents(name))", [
            ("tsch|tch|tsh", "c"), ("sch|sh|zh", "s"), ("kh|ch", "h"), ("ks", "x"), ("w", "v")
        ]) }} as sounds
    from {{ ref('persons') }}
),

plain as (
    select
        *,
        {{ name_sounds("sounds", [
            ("[jy]", "i"), ("z", "s"), ("ph", "f"), ("th", "t"), ("c", "k"), ("ou", "u"), ("[^a-z ]", "")
        ]) }} as plain_sounds
    from heard
),

keyed as (
    select
        * exclude (sounds, plain_sounds),
        {{ name_sounds("plain_sounds", [
            ("ff", "f"), ("ii", "i"), ("kk", "k"), ("ll", "l"), ("nn", "n"), ("ss", "s"), ("tt", "t")
        ]) }} as name_key
    from plain
),

-- people who share a family name
relatives as (
    select
        *,
        string_split(name_key, ' ') as parts
    from keyed
    qualify count(*) over (partition by parts[-1]) > 1
),

-- nothing that is known of both may differ, and both were in the news within a year
pairs as (
    select
        rarer.name,
        usual.name as person,
        usual.name_key,
        usual.articles,
        (rarer.articles, usual.name) < (usual.articles, rarer.name) as is_rarer,
        case
            when rarer.name_key = usual.name_key and not list_has_any(rarer.languages, usual.languages) then 'spelling'
            when rarer.name_key = usual.name_key then 'spelling_and_office'
            else 'given_name_and_office'
        end as reason
    from relatives as rarer
    inner join relatives as usual on rarer.parts[-1] = usual.parts[-1] and rarer.name != usual.name
    where
        len(rarer.parts) > 1
        and coalesce(rarer.country = usual.country, true)
        and coalesce(rarer.party = usual.party, true)
        and rarer.first_seen_at <= usual.last_seen_at + interval 1 year
        and usual.first_seen_at <= rarer.last_seen_at + interval 1 year
        and (
            -- two languages spell one name differently, and the same country's office or party is known of both
            (
                rarer.name_key = usual.name_key
                and not list_has_any(rarer.languages, usual.languages)
                and (rarer.country = usual.country or rarer.party = usual.party)
            )
            -- in one language two spellings are two people, unless they hold the same office
            or (
                left(rarer.parts[1], 3) = left(usual.parts[1], 3)
                and rarer.office = usual.office
                and (rarer.country = usual.country or rarer.party = usual.party)
            )
        )
),

-- a name that may mean two people is nobody's alias
clear as (
    select name
    from pairs
    group by name
    having count(distinct name_key) = 1
),

chosen as (
    select
        pairs.name,
        arg_max(pairs.person, (pairs.articles, pairs.person)) as person,
        arg_max(pairs.reason, (pairs.articles, pairs.person)) as reason
    from pairs
    inner join clear as clear_name on pairs.name = clear_name.name
    inner join clear as clear_person on pairs.person = clear_person.name
    where pairs.is_rarer
    group by pairs.name
)

select
    chosen.name,
    coalesce(further.person, chosen.person) as person,
    chosen.reason
from chosen
left join chosen as further on chosen.person = further.name
