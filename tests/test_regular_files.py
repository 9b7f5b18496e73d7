"""What is no file is not waited for, in any place where a verification reads files."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.archive.storage import Folder
from pipeline.errors import ArchiveError, StorageDenied
from pipeline.models.build_file import built_head, damage_in, lacks_build_info
from pipeline.shared_files import LocalFiles
from tests.worlds.irregular import IRREGULAR


@pytest.mark.parametrize("kind", IRREGULAR)
def test_what_is_no_file_is_an_error_at_once(tmp_path: Path, kind: str) -> None:
    IRREGULAR[kind](path := tmp_path / "news.duckdb")
    for use in (LocalFiles().read, lambda path: LocalFiles().append(path, b"line")):
        with pytest.raises(StorageDenied, match=f"^{path}: is no regular file$"):
            use(path)
    with pytest.raises(ArchiveError, match=r"news.duckdb: cannot be read: is no regular file$"):
        Folder(tmp_path).open("news.duckdb")
    assert damage_in(path) == "news.duckdb is no regular file"
    assert built_head(path) is None
    assert not lacks_build_info(path)
