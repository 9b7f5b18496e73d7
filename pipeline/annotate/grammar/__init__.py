"""The grammar that the rules ask about, German and English, without any knowledge of people or quotations.

`marks` finds the words between quotation marks. `tokens` cuts the text into tokens and sentences and has the `View`
that every function here takes. `phrases` finds names and noun phrases, `appositions` what belongs to them, `verbs`
reporting verbs, `subjects` the subjects of verbs, and `reporters` who reports what a sentence says. Start with
`View`.
"""
