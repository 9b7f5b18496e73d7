"""Sources are dealt into a few balanced shards, always in the same way."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.sources import Source
from pipeline.sources.shards import MAX_SHARDS, Shard, deal

RATE = 2.0


def outlet(source_id: str, *hosts: str, feeds: int = 1, **fields: Any) -> Source:
    names = hosts or (f"{source_id}.example",)
    addresses = tuple(f"https://{name}/{source_id}/{no}.xml" for name in names for no in range(feeds))
    required = {"name": source_id, "language": "en", "country": "GB", "homepage": f"https://{names[0]}/"}
    return Source(id=source_id, feeds=addresses, **{**required, **fields})


def outlets(count: int) -> list[Source]:
    return [outlet(f"outlet-{no:04}") for no in range(count)]


def of(shards: Sequence[Shard]) -> list[tuple[str, ...]]:
    return [shard.source_ids for shard in shards]


def test_a_shard_is_an_alphabetical_range_that_its_label_names() -> None:
    shards = deal(outlets(24), 4, default_rate=RATE)
    assert [len(shard.source_ids) for shard in shards] == [6, 6, 6, 6]
    assert [shard.label for shard in shards] == [
        "1 of 4: outlet-0000 … outlet-0005",
        "2 of 4: outlet-0006 … outlet-0011",
        "3 of 4: outlet-0012 … outlet-0017",
        "4 of 4: outlet-0018 … outlet-0023",
    ]
    assert shards[0].source_ids == tuple(f"outlet-{no:04}" for no in range(6))


@pytest.mark.parametrize(
    ("sources", "slots", "shards"),
    [(1, 4, 1), (11, 4, 1), (12, 4, 2), (90, 4, 4), (90, 0, 15), (500, 32, 16), (2_000, 4, 4)],
)
def test_there_are_as_many_shards_as_slots_if_each_has_enough_to_do(sources: int, slots: int, shards: int) -> None:
    assert len(deal(outlets(sources), slots, default_rate=RATE)) == shards


def test_sources_that_share_a_host_are_in_one_shard() -> None:
    shared = [outlet("aa", "aa.example", "feeds.example"), outlet("mm", "mm.example", "zz.example")]
    chained = outlet("zz", "zz.example", "feeds.example")
    shards = deal([*outlets(30), *shared, chained], 4, default_rate=RATE)
    (together,) = (shard.source_ids for shard in shards if "zz" in shard.source_ids)
    assert {"aa", "mm", "zz"} <= set(together)


def test_a_label_names_the_last_source_even_if_it_shares_a_host_with_the_first() -> None:
    (shard,) = deal([outlet(f"paper-{no:02}", "shared.example") for no in range(11)], 4, default_rate=RATE)
    assert shard.label == "1 of 1: paper-00 … paper-10"


def test_sources_with_a_low_limit_are_apart_from_the_others() -> None:
    slow = [outlet("outlet-0003b", requests_per_second=0.5), outlet("outlet-0020b", requests_per_second=1)]
    quick = outlet("outlet-0021b", requests_per_second=50)
    shards = deal([*outlets(24), *slow, quick], 4, default_rate=RATE)
    assert of(shards)[-1] == ("outlet-0003b", "outlet-0020b")
    assert shards[-1].label == "4 of 4: outlet-0003b … outlet-0020b"
    assert [len(shard.source_ids) for shard in shards] == [8, 9, 8, 2]


def test_sources_that_are_all_slow_are_dealt_like_others() -> None:
    slow = [outlet(f"slow-{no:02}", requests_per_second=0.5) for no in range(24)]
    assert [len(ids) for ids in of(deal(slow, 4, default_rate=RATE))] == [6, 6, 6, 6]


def test_a_source_with_many_feeds_counts_more() -> None:
    large = outlet("outlet-0000a", feeds=18)
    shards = deal([*outlets(18), large], 3, default_rate=RATE)
    assert [len(shard.source_ids) for shard in shards] == [2, 9, 8]


def test_no_sources_give_no_shard() -> None:
    assert deal([], 4, default_rate=RATE) == []


@given(st.lists(st.sampled_from("abcdefgh"), min_size=1, max_size=60), st.integers(1, 40), st.randoms())
def test_every_source_is_in_one_shard_and_the_order_of_the_file_does_not_matter(
    hosts: list[str], slots: int, shuffle: random.Random
) -> None:
    sources = [outlet(f"s{no:02}", f"{host}{no // 3}.example") for no, host in enumerate(hosts)]
    shards = deal(sources, slots, default_rate=RATE)
    assert sorted(each for ids in of(shards) for each in ids) == [source.id for source in sources]
    assert 1 <= len(shards) <= min(slots, MAX_SHARDS)
    shuffle.shuffle(sources)
    assert deal(sources, slots, default_rate=RATE) == shards


@given(st.lists(st.integers(1, 9), min_size=30, max_size=200), st.integers(1, 16))
def test_shards_are_balanced(feeds: list[int], slots: int) -> None:
    sources = [outlet(f"s{no:03}", feeds=count) for no, count in enumerate(feeds)]
    shards = deal(sources, slots, default_rate=RATE)
    by_id = {source.id: len(source.addresses) for source in sources}
    loads = [sum(by_id[each] for each in ids) for ids in of(shards)]
    assert max(loads) <= sum(loads) / len(shards) + max(feeds)
