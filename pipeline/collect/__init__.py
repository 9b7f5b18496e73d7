"""Collecting: everything that is fetched from outlets and archives, and what the answers mean.

`http` sends every request: one client that obeys robots.txt, keeps to a budget for each host and refuses private
addresses. `feeds` reads feeds and sitemaps. `pages` judges whether an answer is the article that was requested.
`discovery` finds the feeds of an outlet. `history` finds articles of past days in sitemaps, web archives and CC-NEWS.
Nothing here writes events; `pipeline.steps` does. Start with `http/client.py` and `feeds/parsing.py`.
"""

READERS = ("pipeline.collect.feeds", "pipeline.collect.pages.answers")
"""Modules with the functions that read what was fetched, for `workers.preload`."""
