"""`python -m tests.golden` records what the golden pages give, after the producer was given a new number."""

from __future__ import annotations

from tests.golden.outputs import record

if __name__ == "__main__":
    record()
