"""The sample newsroom: five made-up outlets over four simulated days, served on loopback.

`outlets.toml` and `articles/<outlet>/<slug>.toml` are the data. `outlets.py` and `articles.py` read them; `editions.py`
applies the versions that were published by a simulated time; `pages.py`, `json_ld.py`, `feeds.py` and `sitemaps.py`
render them in each outlet's style, with the templates in `templates/`; `site.py` maps paths to responses. Start with
`newsroom.py`, the web server that the demo and the tests open.
"""
