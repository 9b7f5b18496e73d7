"""The files of an installation in an S3-compatible store, as they were listed at one moment, for copies."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import BinaryIO

from pipeline.object_store import ObjectStore, StoredObject
from pipeline.places import S3Place


class StoredTree:
    def __init__(self, place: S3Place) -> None:
        self._store = ObjectStore(place)

    @cached_property
    def _objects(self) -> dict[str, StoredObject]:
        return {found.name: found for found in self._store.objects()}

    def names(self, folder: str) -> Iterator[str]:
        return (name for name in self._objects if name.startswith(folder))

    def state(self, name: str) -> tuple[int, int] | None:
        found = self._objects.get(name)
        return None if found is None else (found.size_bytes, found.modified_at_ns)

    def is_copied(self, name: str, source: tuple[int, int]) -> bool:
        """The store says when an object was written, not when its source was."""
        (size_bytes, modified_at_ns), found = source, self._objects.get(name)
        return found is not None and found.size_bytes == size_bytes and found.modified_at_ns >= modified_at_ns

    def open(self, name: str) -> BinaryIO:
        return self._store.open(name)

    def write(self, name: str, source: BinaryIO, state: tuple[int, int]) -> None:
        self._store.put(name, source)

    def address(self, name: str) -> str:
        return f"{self._store}/{name}"
