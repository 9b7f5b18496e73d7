"""Who and what a text mentions: people with their offices, organisations and places.

`gazetteer` has the names of the tables. `names` finds which capitalised words are a person's name, also by what stands
beside it (`name_contexts`), `full_names` which person a surname or pronoun stands for, `offices` what office somebody
has and who "der Kanzler" is. `name_forms` finds places that no table has, `organisation_forms` and `acronyms` such
organisations. `mentions` has the rules and puts everything together; start there.
"""
