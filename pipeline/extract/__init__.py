"""From a page's bytes to an article. Pure: no clock, no network, no database; the same bytes give the same answer.

page (decode, parse) ▶ declared + header (read) ▶ metadata (choose) ▶ boilerplate (tree) ▶ region ▶ trafilatura ▶ lines
"""

from __future__ import annotations

from pipeline.extract.article import Extraction, extract_page
from pipeline.extract.removal import Stripped, Video
from pipeline.extract.repair import repair_text

PRODUCER = "extract@1"

__all__ = ["PRODUCER", "Extraction", "Stripped", "Video", "extract_page", "repair_text"]
