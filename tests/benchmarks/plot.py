"""A picture of what builds cost: `python -m tests.benchmarks.plot < RESULTS.jsonl` writes docs/performance.svg.

It reads the lines that `tests.benchmarks.models` printed. Both axes are logarithmic, so a cost that grows with the
archive is a rising line, and one that does not is a level one.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from math import log10
from typing import Any

from jinja2 import Environment

from pipeline.settings import PROJECT_ROOT

PICTURE = PROJECT_ROOT / "docs" / "performance.svg"
BUILDS = {"anew": "#b3261e", "5000 new": "#8a5a00", "20 new": "#0b6b46", "nothing new": "#2d5da8"}
"""Each kind of build in the results, with the color of its line."""
_WIDTH, _HEIGHT = 640, 400
_LEFT, _RIGHT, _TOP, _BOTTOM = 70, 520, 30, 350
"""The edges of the plot within the picture."""
_TEMPLATE = """\
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {{ width }} {{ height }}" font-family="sans-serif" font-size="13">
<title>CPU seconds of a build against the number of articles</title>
<rect width="{{ width }}" height="{{ height }}" fill="#fff"/>
{% for value, y in levels %}
<path d="M{{ left }} {{ y }}H{{ right }}" stroke="#ddd"/>
<text x="{{ left - 8 }}" y="{{ y + 4 }}" text-anchor="end">{{ "{:,}".format(value) }} s</text>
{% endfor %}
{% for value, x in sizes %}
<path d="M{{ x }} {{ top }}V{{ bottom }}" stroke="#ddd"/>
<text x="{{ x }}" y="{{ bottom + 20 }}" text-anchor="middle">{{ "{:,}".format(value) }}</text>
{% endfor %}
<text x="{{ (left + right) / 2 }}" y="{{ bottom + 42 }}" text-anchor="middle">articles</text>
{% for line in lines %}
<polyline points="{{ line.points }}" fill="none" stroke="{{ line.color }}" stroke-width="2"/>
{% for x, y, label in line.marks %}
<circle cx="{{ x }}" cy="{{ y }}" r="4" fill="{{ line.color }}"><title>{{ label }}</title></circle>
{% endfor %}
<text x="{{ right + 10 }}" y="{{ line.end + 4 }}" fill="{{ line.color }}">{{ line.name }}</text>
{% endfor %}
</svg>
"""


def picture(results: Sequence[Mapping[str, Any]]) -> str:
    """The SVG file for these results, one a size."""
    results = sorted(results, key=lambda each: each["articles"])
    sizes = [each["articles"] for each in results]
    costs = [each[build]["cpu_seconds"] for each in results for build in BUILDS]
    levels = [10**power for power in range(int(log10(max(costs))) + 2) if 10**power >= min(1, min(costs))]

    def x(size: float) -> float:
        return _on_axis(size, sizes[0], sizes[-1], _LEFT, _RIGHT)

    def y(cost: float) -> float:
        return _on_axis(cost, levels[0], levels[-1], _BOTTOM, _TOP)

    lines = []
    for build, color in BUILDS.items():
        marks = [(x(each["articles"]), y(each[build]["cpu_seconds"]), each) for each in results]
        lines.append(
            {
                "name": build.replace("5000", "5,000"),
                "color": color,
                "points": " ".join(f"{at},{cost}" for at, cost, _ in marks),
                "end": marks[-1][1],
                "marks": [(at, cost, f"{each[build]['cpu_seconds']} s") for at, cost, each in marks],
            }
        )
    return (
        Environment(autoescape=True, trim_blocks=True)
        .from_string(_TEMPLATE)
        .render(
            width=_WIDTH, height=_HEIGHT, left=_LEFT, right=_RIGHT, top=_TOP, bottom=_BOTTOM, lines=lines,
            levels=[(level, y(level)) for level in levels], sizes=[(size, x(size)) for size in sizes],
        )
    )  # fmt: skip


def _on_axis(value: float, first: float, last: float, begin: int, end: int) -> float:
    """The place of a value on a logarithmic axis."""
    return round(begin + (end - begin) * (log10(value) - log10(first)) / (log10(last) - log10(first)), 1)


if __name__ == "__main__":
    PICTURE.write_text(picture([json.loads(line) for line in sys.stdin]), "utf-8")
