"""What the rows of a build follow from besides the events: SQL, settings, and the version of newsledger.

dbt needs several seconds to start and to compile the SQL, more than a build with little news takes. It is started only
when the digest below is another one than before; what it compiled is kept in a file.
"""

from __future__ import annotations

from hashlib import sha256
from importlib.metadata import version
from pathlib import Path

import msgspec
from filelock import FileLock

from pipeline.json_files import decoded
from pipeline.models.dbt_compile import SQL_PROJECT, CompiledModel, CompiledTest, compile_project
from pipeline.models.event_source import event_source
from pipeline.person_ids import read_person_ids
from pipeline.settings import Settings

_FOLDERS = (
    *(SQL_PROJECT / name for name in ("macros", "models", "overrides", "table_macros", "tests")),
    Path(__file__).parent,
)
KEPT_RECIPES = 8
"""How many are kept: data directories that share a folder may have other settings each."""
_SUFFIXES = frozenset({".sql", ".yml", ".py"})


class Recipe(msgspec.Struct, frozen=True):
    digest: str
    """See `recipe_digest`."""
    models: tuple[CompiledModel, ...]
    """In the order in which they can be written."""
    tests: tuple[CompiledTest, ...]

    @property
    def marts(self) -> list[CompiledModel]:
        """The models that are published: schema `main`, and `parts` for what views are made of. The others exist during
        a build only."""
        return [model for model in self.models if model.schema != "touched"]


def recipe_digest(settings: Settings) -> str:
    """A digest of the dbt project, this package, the declarations of the event types, and the settings that matter.

    A build with another digest cannot be continued: its rows may be others. Raises SettingsError if the file with the
    ids of people cannot be used.
    """
    digest = sha256()
    for part in (*map(version, ("newsledger", "duckdb", "dbt-core")), *settings.annotators, event_source()):
        digest.update(part.encode() + b"\0")
    if settings.person_ids is not None:
        digest.update(str(settings.person_ids).encode() + b"\0" + read_person_ids(settings.person_ids))
    for folder in _FOLDERS:
        for file in sorted(path for path in folder.rglob("*") if path.suffix in _SUFFIXES):
            digest.update(str(file.relative_to(folder)).encode() + b"\0" + file.read_bytes())
    return f"sha256:{digest.hexdigest()}"


def read_recipe(settings: Settings, digest: str) -> Recipe:
    """The recipe with this digest, compiled by dbt unless it was compiled before. Raises ModelsError."""
    folder = settings.compiled_models or settings.data / "dbt"
    file = folder / f"recipe-{digest.removeprefix('sha256:')[:16]}.json"
    if (known := _read(file)) is not None:
        return known
    folder.mkdir(parents=True, exist_ok=True)
    with FileLock(folder / "compile.lock"):
        if (compiled_meanwhile := _read(file)) is not None:
            return compiled_meanwhile
        models, tests = compile_project(folder, ",".join(settings.annotators), settings.person_ids)
        recipe = Recipe(digest, tuple(models), tuple(tests))
        unfinished = file.with_suffix(".tmp")
        unfinished.write_bytes(msgspec.json.encode(recipe))
        unfinished.replace(file)
        for outdated in sorted(folder.glob("recipe-*.json"), key=lambda path: path.stat().st_mtime)[:-KEPT_RECIPES]:
            outdated.unlink()
    return recipe


def _read(file: Path) -> Recipe | None:
    try:
        return decoded(file.read_bytes(), Recipe)
    except (FileNotFoundError, msgspec.DecodeError):
        return None
