"""Settings: the only reader of the environment (prefix NEWSLEDGER_)."""

from __future__ import annotations

import os
import re
from datetime import timedelta
from difflib import get_close_matches
from enum import StrEnum
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated

from pydantic import Field, SecretStr, ValidationError, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from pipeline.errors import SettingsError
from pipeline.places import LedgerPlace, PostgresPlace, S3Place, at_home, openable

PROJECT_ROOT = Path(__file__).resolve().parent.parent
"""The checkout: the folders dags/ and sql/ are beside the package."""

_PYDANTIC = re.compile("^(Value error, |(Input|String|Tuple) (?=should))")
"""How pydantic begins its messages, before what a person needs."""
_PREFIX = "NEWSLEDGER_"
_AGE = re.compile(r"(?P<number>[0-9]{1,6})(?P<unit>[mhd])")
_AGE_UNITS = {"m": "minutes", "h": "hours", "d": "days"}
DEFAULT_ANNOTATORS = ("rules",)
_LONGEST_REVISIT = timedelta(days=60)
"""Must stay below the 90 days of `RECALL` in pipeline/steps/run/stores.py: a revisit knows no older captures."""


class LogFormat(StrEnum):
    TEXT = "text"
    JSON = "json"


class LogLevel(StrEnum):
    DEBUG = "debug"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


class Settings(BaseSettings):
    """Places, limits and identity of an installation. Every field can be set as NEWSLEDGER_<FIELD>."""

    model_config = SettingsConfigDict(env_prefix=_PREFIX, frozen=True, extra="ignore", hide_input_in_errors=True)

    data: Path = Path("data")
    """The data directory, on a local disk. The option `--data` takes precedence."""
    sources: Path = Path("sources.toml")
    """The list of sources. The option `--sources` takes precedence."""
    catalog: SecretStr | None = None
    """`postgresql://user@host/database` for a ledger that several machines share (docs/cluster.md). It needs the extra
    `newsledger[cluster]`. The default is a SQLite file in the data directory."""
    storage: str | None = None
    """`s3://bucket/prefix` for archive, Parquet files and published file in an S3-compatible store (docs/cluster.md).
    It needs `NEWSLEDGER_CATALOG`. The default is the data directory."""
    allow_hosts: Annotated[tuple[str, ...], NoDecode] = ()
    """Your own hosts, separated by commas. They may resolve to private or loopback addresses, and are asked up to
    50 times a second. `host` allows every port, `host:port` only this one, and `.example` all names below it."""
    contact: str = Field(default="", pattern=r"^[ -~]*$")
    """A mail address or URL in the User-Agent, so that a site's operator can reach the person who runs this."""
    lookback_days: int = Field(default=7, ge=1, le=3650)
    """How many days a scheduled run looks back for facts without a consequence."""
    revisit_after: Annotated[tuple[timedelta, ...], NoDecode] = tuple(
        timedelta(hours=hours) for hours in (1, 6, 24, 3 * 24, 7 * 24, 30 * 24)
    )
    """The ages, since its first capture, at which a page is revisited, as `1h,6h,1d,3d,7d,30d`; empty for never."""
    pages_per_source: int = Field(default=1000, ge=1)
    """Maximum number of new pages that one run fetches for a source, and of pages that it revisits. Later runs take the
    others. At two requests a second, 1000 pages take eight minutes."""
    annotators: Annotated[tuple[str, ...], NoDecode] = Field(default=DEFAULT_ANNOTATORS, min_length=1)
    """The annotators that read the texts, as `rules,spacy:de_core_news_sm`, in the order in which marts prefer them."""
    person_ids: Path | None = None
    """A CSV file with the columns `name,id`: ids of people, for example those of Wikidata, for the mart `persons`."""
    compiled_models: Path | None = None
    """The folder for what dbt has compiled, which data directories may share; by default each has its own."""
    jobs: int = Field(default_factory=lambda: os.cpu_count() or 1, ge=1)
    """Number of worker processes for extraction and annotation. The default is the number of cores."""
    requests_per_second: float = Field(default=2.0, gt=0)
    """The limit per host, unless a source sets its own. Does not apply to hosts in `allow_hosts`."""
    request_timeout_seconds: float = Field(default=60.0, gt=0)
    """The limit for one response up to its last byte, even if bytes keep arriving."""
    read_timeout_seconds: float = Field(default=20.0, gt=0)
    """The limit for the next bytes of a response."""
    parse_timeout_seconds: float = Field(default=10.0, gt=0)
    """The limit for decoding and parsing one response, in CPU time."""
    build_timeout_seconds: float = Field(default=1800.0, gt=0)
    """How long to wait for another build of the models. Longer than the other waits, because a build takes minutes."""
    lock_timeout_seconds: float = Field(default=60.0, gt=0)
    """How long an append waits for the ledger's lock before it fails."""
    wayback_url: str = Field(default="https://web.archive.org", pattern=r"^(https?://\S+)?$")
    """The web archive that a backfill searches: the Wayback Machine or a server with the same interface. Empty for
    none. For sources whose host is in `allow_hosts`, it is searched only if its own host is in `allow_hosts`, too."""
    wayback_requests_per_second: float = Field(default=0.8, gt=0)
    """The limit for the web archive. Half of the requests go to its index, which allows 24 a minute. Does not apply to
    hosts in `allow_hosts`."""
    cc_news_url: str = Field(default="", pattern=r"^(https?://\S+)?$")
    """The server of Common Crawl's news files, `https://data.commoncrawl.org`. Empty for none, which is the default: a
    day has some dozens of files of 1 GB, each of which is streamed completely, once for all sources."""
    cc_news_files: int = Field(default=24, ge=1)
    """Maximum number of news files that one run reads. The next run continues."""
    notify: Annotated[tuple[str, ...], NoDecode] = ()
    """Where Airflow reports a failed run: `smtp:desk@example.org`, `slack`, `apprise`, separated by commas."""
    log_format: LogFormat = LogFormat.TEXT
    """`text` for people and `key=value` in files, or `json` for one JSON object a line."""
    log_level: LogLevel = LogLevel.INFO
    """`debug`, `info`, `warning` or `error`: less important lines are not logged."""
    anchors: Path | None = None
    """The file to which maintenance appends the head of the ledger; the default is `anchors.jsonl` in the data
    directory. On another machine's disk it also protects from somebody who can change the data directory."""
    warc_rotate_bytes: int = Field(default=1_000_000_000, gt=0)
    """The size after which a WARC file is closed and a new one is begun."""

    @field_validator("allow_hosts", mode="before")
    @classmethod
    def _split_commas(cls, value: object) -> object:
        return (
            tuple(part.strip().lower() for part in value.split(",") if part.strip())
            if isinstance(value, str)
            else value
        )

    @field_validator("annotators", "notify", mode="before")
    @classmethod
    def _split_names(cls, value: object) -> object:
        return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value

    @field_validator("revisit_after", mode="before")
    @classmethod
    def _read_ages(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        ages = [_AGE.fullmatch(part.strip().lower()) for part in value.split(",") if part.strip()]
        if not all(ages):
            raise ValueError("must be ages such as 30m, 6h or 1d, separated by commas")
        return tuple(timedelta(**{_AGE_UNITS[age["unit"]]: int(age["number"])}) for age in ages if age)

    @field_validator("revisit_after")
    @classmethod
    def _ascending(cls, value: tuple[timedelta, ...]) -> tuple[timedelta, ...]:
        if any(age <= timedelta() for age in value) or list(value) != sorted(set(value)):
            raise ValueError("ages must be positive and ascending")
        if value and value[-1] > _LONGEST_REVISIT:
            raise ValueError(f"no page is revisited after more than {_LONGEST_REVISIT.days} days")
        return value

    @field_validator("catalog")
    @classmethod
    def _usable(cls, value: SecretStr | None) -> SecretStr | None:
        if value and not value.get_secret_value().startswith(("postgresql://", "postgres://")):
            raise ValueError("must begin with postgresql://")
        if value and not (find_spec("psycopg") and find_spec("duckdb_extension_postgres_scanner")):
            raise ValueError("needs packages that are not installed: install newsledger[cluster]")
        return value

    @field_validator("storage")
    @classmethod
    def _in_a_bucket(cls, value: str | None, info: ValidationInfo) -> str | None:
        if value:
            S3Place.at(value)
        if value and not info.data.get("catalog"):
            raise ValueError("needs NEWSLEDGER_CATALOG, because machines that share files must share the catalog, too")
        if value and not (find_spec("boto3") and find_spec("duckdb_extension_httpfs")):
            raise ValueError("needs packages that are not installed: install newsledger[cluster]")
        return value

    @field_validator("anchors", "catalog", "storage", "person_ids", "compiled_models", mode="before")
    @classmethod
    def _empty_for_default(cls, value: object) -> object:
        return value or None

    @field_validator("data", "sources", mode="before")
    @classmethod
    def _empty_for_usual_place(cls, value: object, info: ValidationInfo) -> object:
        """An empty path would be the folder in which the command is run."""
        return value if value != "" else cls.model_fields[str(info.field_name)].default

    @field_validator("data", "sources", "anchors", "person_ids", "compiled_models")
    @classmethod
    def _absolute(cls, value: Path | None) -> Path | None:
        return at_home(value).absolute() if value else None

    @field_validator("data")
    @classmethod
    def _openable(cls, value: Path) -> Path:
        return openable(value)

    @property
    def archive_root(self) -> Path:
        return self.data / "archive"

    @property
    def ledger_catalog(self) -> LedgerPlace:
        """The place of the ledger, for `Ledger.open`. What differs between places is in `pipeline.ledger.catalog`."""
        if self.catalog:
            s3 = self.s3.below("ledger") if self.s3 else None
            return PostgresPlace(self.catalog.get_secret_value(), self.local_catalog.with_suffix(""), s3)
        return self.local_catalog

    @property
    def s3(self) -> S3Place | None:
        """Where files lie that machines share; None for the data directory."""
        return S3Place.at(self.storage) if self.storage else None

    @property
    def local_catalog(self) -> Path:
        """The catalog of a ledger without PostgreSQL. A backup's catalog has the same file name, for every ledger."""
        return self.data / "ledger.sqlite"

    @property
    def host_folder(self) -> Path:
        """The folder of what processes share about web hosts, such as the budget of requests."""
        return self.data / "hosts"

    @property
    def cc_news_folder(self) -> Path:
        """Copies of the parts of Common Crawl's news files that concern our sources. May be deleted at any time."""
        return self.data / "cc_news"

    @property
    def build_file(self) -> Path:
        return self.data / "build.duckdb"

    @property
    def news_file(self) -> Path:
        return self.data / "news.duckdb"

    @property
    def sql_history_file(self) -> Path:
        """The lines typed at the prompt of `newsledger sql`, for each user."""
        return _state_folder() / "sql_history"

    @property
    def seen_ledgers_file(self) -> Path:
        """The ledgers that this user's commands have recorded into. Not in the data directory, whose disk may not be
        mounted."""
        return _state_folder() / "ledgers"

    @property
    def verification_file(self) -> Path:
        """The result of the last verification of ledger and archive."""
        return self.data / "verified.json"

    @property
    def unfinished_restore_file(self) -> Path:
        """It exists while a backup is copied into the data directory, and says from which place."""
        return self.data / "restore.unfinished"

    @property
    def checkpoint_file(self) -> Path:
        """How far verifications have come, so that the next one can begin there."""
        return self.data / "checkpoint.json"

    @property
    def anchors_file(self) -> Path:
        """Where maintenance notes the head of the ledger each time."""
        return self.anchors or self.data / "anchors.jsonl"

    @property
    def lookback(self) -> timedelta:
        return timedelta(days=self.lookback_days)


def _state_folder() -> Path:
    """The folder of files that newsledger keeps for a user, where the XDG rules put it."""
    state = os.environ.get("XDG_STATE_HOME", "")
    try:
        return (Path(state) if state else Path.home() / ".local" / "state") / "newsledger"
    except RuntimeError:  # a user without a home, as in some containers
        return Path("/nonexistent") / "newsledger"


def unknown_settings() -> dict[str, str]:
    """The names in the environment that look like settings and are none, each with the nearest known one."""
    known = [f"{_PREFIX}{name.upper()}" for name in Settings.model_fields]
    given = sorted(name for name in os.environ if name.upper().startswith(_PREFIX))
    return {name: get_close_matches(name.upper(), known, 1, cutoff=0)[0] for name in given if name.upper() not in known}


def load_settings(*, data: Path | None = None, sources: Path | None = None) -> Settings:
    """Settings from the environment; options of the command line take precedence. Raises SettingsError."""
    given = {name: value for name, value in (("data", data), ("sources", sources)) if value is not None}
    try:
        return Settings(**given)  # type: ignore[arg-type]  # values are validated
    except ValidationError as exc:
        first = exc.errors()[0]
        name = _PREFIX + str(first["loc"][0]).upper()
        got = "" if first["loc"] == ("catalog",) else f" (got {str(first['input'])!r})"  # it may have a password
        reason = _PYDANTIC.sub("", first["msg"]).replace("should", "must", 1)
        raise SettingsError(f"{name}: {reason}{got}") from exc
