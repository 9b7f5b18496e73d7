"""The page: its tree, and the tools to measure and change it.

`parsed_page` decodes and parses the bytes, once. `text` and `dates` read strings: clean text, and dates however they
are written. `region` finds the part of the page that holds the article. `removal` records everything that is taken
out. `quotations` works on the finished blocks: which of them are quotations, and who speaks. Start with `parsed_page`.
"""
