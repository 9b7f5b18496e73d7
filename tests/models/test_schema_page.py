"""docs/schema.md shows the tables of a build, and dbt's own documentation can be made."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from pipeline.settings import PROJECT_ROOT
from tests.style.schema_page import PAGE, schema_page
from tests.worlds.running import Demo

pytestmark = pytest.mark.slow


def test_the_page_is_what_a_build_says(demo: Demo) -> None:
    assert PAGE.read_text("utf-8") == schema_page(demo.data / "news.duckdb"), "run `python -m tests.style.schema_page`"


def test_make_dbt_docs_writes_one_html_file(demo: Demo, tmp_path: Path) -> None:
    shutil.copy(demo.data / "build.duckdb", tmp_path)
    made = subprocess.run(
        ["make", "--no-print-directory", "dbt-docs", f"DATA={tmp_path}"],
        cwd=PROJECT_ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert made.returncode == 0, made.stdout + made.stderr
    page = Path(made.stdout.rpartition("open ")[2].strip())
    assert "The outlet's own correction notice." in page.read_text("utf-8")
