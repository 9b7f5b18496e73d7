"""Indirect speech: clauses that a sentence reports, and sentences that continue a report.

`passage` is what a rule sees: a sentence and a word in it that may report. The rules are in `clauses_de`,
`reporters_de` and `clauses_en`; `continued_reports` has German sentences that report by their mood alone. `reports`
tries the rules in their order, and then looks for words in marks within reported ones; start there.
"""
