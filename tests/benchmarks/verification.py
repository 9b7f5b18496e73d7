"""Records of the archive that are compared a CPU second: `python -m tests.benchmarks.verification [PAGES]`.

Pages of 100 kB, gzip-coded as servers send them, are archived with their requests and compared with what their events
say: by the digest of the record, and field by field as for events of version 0.1. Then the same in two threads. Prints
one JSON line for each.
"""

from __future__ import annotations

import gzip
import json
import random
import resource
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from itertools import repeat
from pathlib import Path

import msgspec

from pipeline.archive.archive import Archive
from pipeline.archive.exchange import Exchange
from pipeline.archive.named_records import NamedRecord, check_file
from pipeline.archive.storage import Folder
from pipeline.ids import digest

PAGES = 2_000
PAGE_WORDS = 14_000
"""About 100 kB."""
FILE_BYTES = 8_000_000
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
WORDS = tuple(f"harbour{n}" for n in range(5_000))


def archived(archive: Archive, number: int, chance: random.Random) -> NamedRecord:
    body = " ".join(chance.choices(WORDS, k=PAGE_WORDS)).encode()
    url = f"https://news.example/{number}"
    exchange = Exchange(
        url=url,
        request_headers=(("Host", "news.example"),),
        status=200,
        reason="OK",
        headers=((b"Content-Type", b"text/html"), (b"Content-Encoding", b"gzip")),
        body_sent=gzip.compress(body, 6),
        fetched_at=NOON,
    )
    stored = archive.write(exchange)
    return NamedRecord(
        position=number,
        **msgspec.structs.asdict(stored.location),
        warc_type=stored.warc_type,
        url=url,
        is_replay=False,
        status=200,
        earliest=NOON,
        latest=NOON,
        payload_digest=digest(body),
        warc_payload_digest=stored.warc_payload_digest,
    )


def measure(folder: Path, pages: int) -> None:
    chance, storage = random.Random(7), Folder(folder)
    with Archive(storage, rotate_bytes=FILE_BYTES, now=lambda: NOON) as archive:
        named = [archived(archive, number, chance) for number in range(pages)]
    bare = [msgspec.structs.replace(each, warc_digest=None) for each in named]
    for what, records in (("digest of the record", named), ("field by field", bare)):
        files: dict[str, list[NamedRecord]] = {}
        for record in records:
            files.setdefault(record.warc_file, []).append(record)
        for threads in (1, 2):
            wall, cpu = time.perf_counter(), time.process_time()
            with ThreadPoolExecutor(threads) as pool:
                checked = list(pool.map(check_file, repeat(storage), files, files.values()))
            cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
            assert not any(each.findings for each in checked)
            report = {"compared by": what, "threads": threads, "records": pages}
            report |= {"megabytes": sum(record.warc_length for record in records) // 1_000_000}
            report |= {"records_per_cpu_second": round(pages / cpu), "records_per_second": round(pages / wall)}
            report |= {"peak_memory_megabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1_000}
            print(json.dumps(report))


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as name:
        measure(Path(name), int(sys.argv[1]) if len(sys.argv) > 1 else PAGES)
