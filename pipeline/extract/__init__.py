"""From a page's bytes to an article: its metadata, its text as blocks, and everything that was removed.

Pure: no clock, no network, no database; the same bytes give the same result. The data takes the parts in this order:
`page` parses, `metadata` reads what the page declares and shows, `boilerplate` removes what is not the article, `body`
finds the text (with trafilatura) and makes blocks of it, `liveblog` finds the entries of a live blog, and
`boilerplate.lines` removes single lines. Start with `article.extract_page`, which does all of this; `repair` cleans a
text that another extractor produced, without its page.

If the output changes in any way, `PRODUCER` needs a new number: every archived capture is then extracted again.
"""

from __future__ import annotations

PRODUCER = "extract@13"
