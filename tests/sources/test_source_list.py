"""Adding to sources.toml keeps comments and layout, or leaves the file alone."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.errors import SourcesError
from pipeline.sources import Source, load_sources, parse_sources
from pipeline.sources.source_list import format_source, read_source_list, write_source_list
from tests.sources.test_sources import GOOD, write

LAID_OUT = """# Ours, by hand.

[[source]]  # the first
id = "tagblatt"
name = "Tagblatt [[source]]"   # "quoted" # twice
language = "de"
country = "DE"
homepage = "https://www.tagblatt.example/"
feeds = ["https://www.tagblatt.example/feed.xml"] # one

# About the second
[[source]]
id = 'bote'
name = '''
Der "Bote"
[[source]]
feeds = ["no"]'''
homepage = "https://bote.example/"
sitemaps = [
  "https://bote.example/news.xml", # ] not yet
  "https://bote.example/b#[.xml" # no comma
  # that is all
]
language = "de"
country = "AT"
# The end, without a line break"""


def more(source: Source, *, feeds: tuple[str, ...] = (), sitemaps: tuple[str, ...] = ()) -> Source:
    return msgspec.structs.replace(source, feeds=(*source.feeds, *feeds), sitemaps=(*source.sitemaps, *sitemaps))


NEW = Source(
    id="kurier",
    name='Der "Kurier" \\ Söhne\t\x1b[31m\x7f\u2028\U0001f5de',
    language="de",
    country="CH",
    homepage="https://kurier.example/",
    feeds=("https://kurier.example/a?x='\"\\", "https://kurier.example/b"),
    requests_per_second=0.5,
    timezone="Europe/Zurich",
)


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_additions_leave_everything_else_unchanged(tmp_path: Path, newline: str) -> None:
    path = tmp_path / "sources.toml"
    path.write_bytes(LAID_OUT.replace("\n", newline).encode())
    old = read_source_list(path)
    tagblatt, bote = old.sources
    wanted = (
        more(tagblatt, feeds=("https://www.tagblatt.example/2",), sitemaps=("https://www.tagblatt.example/s",)),
        more(bote, feeds=("https://bote.example/1", "https://bote.example/2"), sitemaps=("https://bote.example/c",)),
        NEW,
    )
    write_source_list(path, old, wanted)
    assert load_sources(path) == wanted
    text = path.read_bytes().decode()
    assert text.count("\n") == text.count(newline)
    changed = ("feed.xml", "no comma")
    lines = iter(text.splitlines())
    assert all(line in lines for line in LAID_OUT.splitlines() if not any(word in line for word in changed))
    assert '  "https://bote.example/b#[.xml", # no comma' in text
    assert text.index("tagblatt.example/s") < text.index("# About the second")
    write_source_list(path, read_source_list(path), wanted)
    assert path.read_bytes().decode() == text


def test_new_sources_are_appended(tmp_path: Path) -> None:
    path = write(tmp_path, LAID_OUT)
    old = read_source_list(path)
    write_source_list(path, old, (*old.sources, NEW))
    assert path.read_text("utf-8") == f"{LAID_OUT}\n\n{format_source(NEW)}"


@pytest.mark.parametrize("content", [None, "", "# Nothing yet\n"])
def test_a_file_without_sources_gets_its_first(tmp_path: Path, content: str | None) -> None:
    path = tmp_path / "sources.toml"
    if content is not None:
        path.write_text(content)
    write_source_list(path, read_source_list(path), (NEW,))
    assert load_sources(path) == (NEW,)
    assert path.read_text("utf-8").startswith(content or "[[source]]\n")
    (tmp_path / "any").touch()
    assert path.stat().st_mode == (tmp_path / "any").stat().st_mode


def test_file_mode_and_symbolic_links_stay(tmp_path: Path) -> None:
    (tmp_path / "etc").mkdir()
    target, link = write(tmp_path / "etc", GOOD), tmp_path / "link.toml"
    target.chmod(0o640)
    link.symlink_to(target)
    old = read_source_list(link)
    write_source_list(link, old, (*old.sources, NEW))
    assert link.is_symlink()
    assert target.stat().st_mode & 0o777 == 0o640
    assert len(load_sources(target)) == 2
    assert [path.name for path in (tmp_path / "etc").iterdir()] == ["sources.toml"]


INLINE = (
    'source = [{ id = "a", name = "A", language = "de", country = "DE", homepage = "https://a.example/",'
    ' feeds = ["https://a.example/1"] }]\n'
)


@pytest.mark.parametrize("text", [INLINE, GOOD.replace("feeds =", '"feeds" =')], ids=["inline tables", "quoted keys"])
def test_unusual_layouts_are_extended(tmp_path: Path, text: str) -> None:
    path = write(tmp_path, text)
    old = read_source_list(path)
    wanted = (more(old.sources[0], feeds=("https://a.example/2",), sitemaps=("https://a.example/s",)),)
    write_source_list(path, old, wanted)
    assert load_sources(path) == wanted


def test_a_layout_that_does_not_allow_an_addition_is_left_alone(tmp_path: Path) -> None:
    path = write(tmp_path, INLINE)
    old = read_source_list(path)
    with pytest.raises(SourcesError, match=r"sources\.toml: .*nothing was written"):
        write_source_list(path, old, (*old.sources, NEW))
    assert path.read_text("utf-8") == INLINE
    assert len(list(tmp_path.iterdir())) == 1


def test_a_file_that_has_changed_since_it_was_read_is_left_alone(tmp_path: Path) -> None:
    path = write(tmp_path, GOOD)
    old = read_source_list(path)
    path.write_text(f"# edited\n{GOOD}")
    with pytest.raises(SourcesError, match="changed by somebody else"):
        write_source_list(path, old, (*old.sources, NEW))
    assert path.read_text() == f"# edited\n{GOOD}"


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    path = tmp_path / "nowhere" / "sources.toml"
    with pytest.raises(SourcesError, match=r"nowhere/sources\.toml: cannot be written"):
        write_source_list(path, read_source_list(path), (NEW,))


@settings(deadline=None)
@given(st.text(), st.text(st.characters(exclude_categories=["Cs", "Cc", "Zs", "Zl", "Zp"])))
def test_any_name_and_address_survive_formatting(name: str, path: str) -> None:
    source = msgspec.structs.replace(NEW, name=name, feeds=(f"https://kurier.example/{path}",))
    assert parse_sources(format_source(source).encode(), Path("x.toml")) == (source,)
