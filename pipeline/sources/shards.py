"""Shards: sources that one task collects in one process, because a process costs more than most sources.

Sources that share a host are in one shard, because one process at a time collects from a host. Sources that allow fewer
requests than the default share the last shard, so that the others are not retried with them or wait in their slot. The
other shards are alphabetical ranges of about the same number of addresses.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from pipeline.sources.source import Source

MAX_SHARDS = 16
"""More tasks than this make a run slower on any machine: collecting mostly waits for hosts."""
MIN_SOURCES = 6
"""Sources that are worth a task of their own: starting its process costs about as much as collecting from them."""


class Shard(msgspec.Struct, frozen=True):
    """Sources of one task. Airflow stores it between `plan` and `collect`."""

    label: str
    """Its number and its first and last source, for the task's name: `3 of 4: bbc … dw`."""
    source_ids: tuple[str, ...]


def deal(sources: Iterable[Source], slots: int, *, default_rate: float) -> list[Shard]:
    """Deal the sources into at most `slots` shards (0: no limit); the same sources always give the same shards.

    `default_rate` is the number of requests per second of a host for which no source sets a lower one.
    """
    slow, fast = list[list[Source]](), list[list[Source]]()
    for group in _sharing_hosts(sources):
        rates = [source.requests_per_second for source in group if source.requests_per_second is not None]
        (slow if min(rates, default=default_rate) < default_rate else fast).append(group)
    count = sum(len(group) for group in (*slow, *fast))
    if not count:
        return []
    wanted = min(slots or MAX_SHARDS, MAX_SHARDS, max(count // MIN_SOURCES, 1))
    if not slow or not fast or wanted == 1:
        parts = _ranges(sorted([*slow, *fast], key=_first_id), wanted)
    else:
        parts = [*_ranges(fast, wanted - 1), slow]
    return [
        Shard(f"{no} of {len(parts)}: {_span(part)}", tuple(source.id for group in part for source in group))
        for no, part in enumerate(parts, start=1)
    ]


def _sharing_hosts(sources: Iterable[Source]) -> list[list[Source]]:
    """Groups of sources that share hosts, directly or through a third source, in the order of their ids."""
    group_of_host: dict[str, list[Source]] = {}
    for source in sorted(sources, key=lambda source: source.id):
        found = {id(group): group for host in source.hosts if (group := group_of_host.get(host))}
        group = [member for each in found.values() for member in each] + [source]
        group_of_host |= {host: group for member in group for host in member.hosts}
    groups = {id(group): sorted(group, key=lambda source: source.id) for group in group_of_host.values()}
    return sorted(groups.values(), key=_first_id)


def _ranges(groups: Sequence[list[Source]], wanted: int) -> list[list[list[Source]]]:
    """Cut the groups into at most `wanted` ranges. Each range takes its equal part of what the earlier ones left."""
    sizes = [sum(len(source.addresses) for source in group) for group in groups]
    left, taken = sum(sizes), 0
    ranges: list[list[list[Source]]] = [[]]
    for group, size in zip(groups, sizes, strict=True):
        if ranges[-1] and (2 * taken + size) * (wanted - len(ranges) + 1) > 2 * left and len(ranges) < wanted:
            ranges.append([])
            left, taken = left - taken, 0
        ranges[-1].append(group)
        taken += size
    return ranges


def _first_id(group: Sequence[Source]) -> str:
    return group[0].id


def _span(groups: Sequence[list[Source]]) -> str:
    """The first and the last source of a range, in alphabetical order: a person looks between them for a source."""
    ids = sorted(source.id for group in groups for source in group)
    return ids[0] if len(ids) == 1 else f"{ids[0]} … {ids[-1]}"
