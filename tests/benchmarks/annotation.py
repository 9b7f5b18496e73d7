"""How fast and how well annotate reads: `python -m tests.benchmarks.annotation [GOLD.jsonl]`.

Without a file it reads the samples of `tests/annotate`, repeated to measure speed. With a file it reads gold
documents in the format of the quotation corpus (documentName, originalText, …), only to measure speed; the corpus has
its own scorer for quality. It prints one JSON object: articles and characters per CPU second, F1 of direct and
indirect quotations, the share of correct speakers in the samples, and characters per CPU second of the slowest
hostile text.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from pipeline.annotate import annotate_text
from tests.annotate.samples import read_samples, score

REPEATS = 20
HOSTILE_CHARS = 300_000
HOSTILE = ("“a” ", '"', "„Wir kommen wieder“, sagte Karin Holm. ", "sagte, dass ", "Karin Holm ", "Der Plan sei gut. ")


def main(arguments: Sequence[str]) -> None:
    samples = {"de": (*read_samples("german"), *read_samples("german_articles")), "en": read_samples("english")}
    texts = [(sample.text, language) for language, some in samples.items() for sample in some] * REPEATS
    if arguments:
        lines = Path(arguments[0]).read_text("utf-8").splitlines()
        texts = [(json.loads(line)["originalText"], "de") for line in lines]
    for language in samples:
        annotate_text("Kurz, to load the lexicons and the language model before the clock starts.", language=language)
    seconds = sum(cpu_seconds(text, language) for text, language in texts)
    report: dict[str, float] = {
        "articles": len(texts),
        "articles_per_cpu_second": len(texts) / seconds,
        "chars_per_cpu_second": sum(len(text) for text, _ in texts) / seconds,
        "hostile_chars_per_cpu_second": HOSTILE_CHARS / max(map(hostile_seconds, HOSTILE)),
    }
    for language, some in samples.items():
        reached = score(some, [annotate_text(sample.text, language=language).quotes for sample in some])
        report |= {
            f"{language}_direct_f1": reached.direct_f1,
            f"{language}_indirect_f1": reached.indirect_f1,
            f"{language}_attribution": reached.attribution,
        }
    print(json.dumps({key: round(value, 3) for key, value in report.items()}, indent=2))


def cpu_seconds(text: str, language: str) -> float:
    begin = time.process_time()
    annotate_text(text, language=language)
    return time.process_time() - begin


def hostile_seconds(piece: str) -> float:
    return cpu_seconds((piece * (HOSTILE_CHARS // len(piece) + 1))[:HOSTILE_CHARS], "de")


if __name__ == "__main__":
    main(sys.argv[1:])
