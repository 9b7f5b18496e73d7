"""An article's metadata: headline, kicker, lead, authors, dates, language, section, access.

`declared` reads what the page tells machines. `titles` compares titles, `headline_element` finds the visible headline
and its kicker, `shown_dates` the visible dates; `article_header` reads the whole visible header with them. From these
candidates `authors` and `publication_dates` each choose, and `article_metadata` chooses the rest and collects all of
it. `byline` finds bylines, `person_names` reads the names in them, `agencies` recognises news agencies. Start with
`article_metadata`.
"""
