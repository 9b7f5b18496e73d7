"""Who and what a text mentions: people with their offices, organisations and places.

`gazetteer` has the names of the tables. `names` finds which capitalised words are a person's name, `full_names` which
person a surname or pronoun stands for, `offices` what office somebody has and who "der Kanzler" is, and `name_forms`
places and organisations that no table has. `mentions` has the rules and puts everything together; start there.
"""
