"""An article that the history names, and when it was published as far as that can be shown."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import msgspec

from pipeline.collect.feeds import Item
from pipeline.collect.history.periods import NOON, named_day
from pipeline.events import DateQuality

_A_DAY = timedelta(days=1)
"""By so much days differ between zones, or a date without a time lies before the day's beginning."""


class Sighting(msgspec.Struct, frozen=True, kw_only=True):
    item: Item
    found_in: str
    """The address of the document that names it."""
    dated_at: datetime
    """UTC. When it was published, where that is known, else the best that is known of it; decides to which period it
    belongs."""


def dated_by_itself(item: Item, zone: ZoneInfo, existed_at: datetime | None) -> tuple[Item, datetime | None]:
    """The item and when it was published, as it says or its address does; the latter becomes the item's date.

    `existed_at` is when it is known to have been there, if at all: `/news/20310512` is then a number and no day.
    """
    if item.published_at is not None:
        noon = NOON if item.published_quality is DateQuality.DAY_ONLY else NOON * 0
        return item, item.published_at + noon
    day = named_day(item.url, zone)
    if day is None or (day.raw.isdigit() and existed_at is not None and day.begins_at > existed_at + _A_DAY):
        return item, None
    dated = msgspec.structs.replace(
        item, published_at=day.begins_at, published_raw=day.raw, published_quality=DateQuality.DAY_ONLY
    )
    return dated, day.begins_at + NOON
