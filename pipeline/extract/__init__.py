"""From a page's bytes to an article. Pure: no clock, no network, no database; the same bytes give the same answer.

    page         decode and parse, once                          captions, text, dates: small readers used throughout
    declared     read what the page declares to machines         titles, heading, timestamps, header: read what is shown
    metadata     choose headline, section … (authors)            liveblog: read the times of entries
    publication  choose dates, in the outlet's time (zones)
    boilerplate  take out what is not the article, by            tree_rules, box_rules, outlets (data)
    region, body find the text (trafilatura), make blocks of it
    lines        take out what is not the article, by            line_, promotion_, credit_rules, corrections (data)
    article      all of this in order, with quotations and agencies; `repair` does what it can without a page

Any change of what comes out needs a new `PRODUCER`: then every archived capture is pending again.
"""

from __future__ import annotations

from pipeline.extract.article import Extraction, extract_page
from pipeline.extract.page.removal import Stripped, Video
from pipeline.extract.repair import repair_text

PRODUCER = "extract@5"

__all__ = ["PRODUCER", "Extraction", "Stripped", "Video", "extract_page", "repair_text"]
