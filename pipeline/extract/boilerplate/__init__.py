"""Boilerplate: recognise what is on a page but not part of the article, remove it, and record it.

Before extraction, `markup` rewrites mark-up that would lose words, and `tree_cleaner` removes elements: by structure
(`tree_rules` with their `finders` and the `surroundings` of an element) and by name (`box_rules`). `outlet_rules` holds
the few rules for single outlets. After extraction, `lines` removes lines by their words: `line_rules`,
`promotion_rules`, `credit_rules` and `corrections`, all made of `line_patterns`. Every rule is data with an example.
Start with `tree_cleaner`.
"""
