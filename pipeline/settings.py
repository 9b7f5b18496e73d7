"""Settings: the only reader of the environment (prefix NEWSLEDGER_)."""

from __future__ import annotations

import os
import re
from datetime import timedelta
from enum import StrEnum
from pathlib import Path
from typing import Annotated

from pydantic import Field, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from pipeline.errors import SettingsError

PROJECT_ROOT = Path(__file__).resolve().parent.parent
"""The checkout: dags/ and sql/ lie beside the package."""


_AGE = re.compile(r"(?P<number>[0-9]{1,6})(?P<unit>[mhd])")
_AGE_UNITS = {"m": "minutes", "h": "hours", "d": "days"}
_LONGEST_REVISIT = timedelta(days=60)
"""Steps look back 90 days for what they have already seen."""


class LogFormat(StrEnum):
    TEXT = "text"
    JSON = "json"


class LogLevel(StrEnum):
    DEBUG = "debug"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


class Settings(BaseSettings):
    """Where things are and how we behave; every field can be set as NEWSLEDGER_<FIELD>."""

    model_config = SettingsConfigDict(env_prefix="NEWSLEDGER_", frozen=True, extra="ignore")

    data: Path = Path("data")
    sources: Path = Path("sources.toml")
    allow_hosts: Annotated[tuple[str, ...], NoDecode] = ()
    """Hosts that may resolve to private or loopback addresses, on any port; `.example` allows all names below it."""
    contact: str = Field(default="", pattern=r"^[ -~]*$")
    """An address or URL in the User-Agent, so that an operator can reach whoever runs this."""
    lookback_days: int = Field(default=7, ge=1, le=3650)
    """How far a scheduled run looks back for facts without a consequence."""
    revisit_after: Annotated[tuple[timedelta, ...], NoDecode] = tuple(
        timedelta(hours=hours) for hours in (1, 6, 24, 3 * 24, 7 * 24, 30 * 24)
    )
    """How long after its first capture a page is looked at again, as `1h,6h,1d,3d,7d,30d`; empty for never."""
    annotators: Annotated[tuple[str, ...], NoDecode] = Field(default=("rules",), min_length=1)
    """Who reads the texts, as `rules,spacy:de_core_news_sm`; the marts prefer them in this order."""
    jobs: int = Field(default_factory=lambda: os.cpu_count() or 1, ge=1)
    """Worker processes for extraction and annotation."""
    requests_per_second: float = Field(default=2.0, gt=0)
    """Per host, unless a source sets its own limit. Hosts of `allow_hosts` are yours and get 50."""
    request_timeout_seconds: float = Field(default=60.0, gt=0)
    """For one response to its last byte, however steadily it trickles."""
    read_timeout_seconds: float = Field(default=20.0, gt=0)
    """For the next bytes of a response."""
    build_timeout_seconds: float = Field(default=1800.0, gt=0)
    """How long to wait for another build of the models, which is short of its end by minutes, not seconds."""
    lock_timeout_seconds: float = Field(default=60.0, gt=0)
    """How long an append waits for the ledger's lock before it gives up."""
    wayback_url: str = Field(default="https://web.archive.org", pattern=r"^(https?://\S+)?$")
    """The web archive that a backfill asks: the Wayback Machine or what answers like it. Empty asks none; of sources
    whose host is in `allow_hosts` only one that is there, too, is asked."""
    wayback_requests_per_second: float = Field(default=0.8, gt=0)
    """Half of them go to its index, which allows 24 a minute. Does not hold for a host of `allow_hosts`."""
    cc_news_url: str = Field(default="", pattern=r"^(https?://\S+)?$")
    """Where Common Crawl's news files are, `https://data.commoncrawl.org`. Empty, as it is unless set, reads none: a
    day is some dozens of files of 1 GB, each streamed whole, once for all sources."""
    cc_news_files: int = Field(default=24, ge=1)
    """So many of them are read by one run; the next goes on."""
    log_format: LogFormat = LogFormat.TEXT
    log_level: LogLevel = LogLevel.INFO
    warc_rotate_bytes: int = Field(default=1_000_000_000, gt=0)
    """A WARC file that has grown past this is closed and the next one begun."""

    @field_validator("allow_hosts", mode="before")
    @classmethod
    def _split_commas(cls, value: object) -> object:
        return (
            tuple(part.strip().lower() for part in value.split(",") if part.strip())
            if isinstance(value, str)
            else value
        )

    @field_validator("annotators", mode="before")
    @classmethod
    def _split_annotators(cls, value: object) -> object:
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
            raise ValueError("ages must grow, from more than nothing")
        if value and value[-1] > _LONGEST_REVISIT:
            raise ValueError(f"no page is looked at again after more than {_LONGEST_REVISIT.days} days")
        return value

    @field_validator("data", "sources")
    @classmethod
    def _absolute(cls, value: Path) -> Path:
        return value.expanduser().absolute()

    @property
    def archive_root(self) -> Path:
        return self.data / "archive"

    @property
    def ledger_catalog(self) -> Path:
        return self.data / "ledger.sqlite"

    @property
    def host_folder(self) -> Path:
        """What runs side by side tell each other of hosts."""
        return self.data / "hosts"

    @property
    def cc_news_folder(self) -> Path:
        """What of CC-NEWS is on our sources' hosts; may be deleted at any time."""
        return self.data / "cc_news"

    @property
    def build_file(self) -> Path:
        return self.data / "build.duckdb"

    @property
    def news_file(self) -> Path:
        return self.data / "news.duckdb"

    @property
    def lookback(self) -> timedelta:
        return timedelta(days=self.lookback_days)


def load_settings(*, data: Path | None = None, sources: Path | None = None) -> Settings:
    """Settings from the environment, with the command line's options over them. Raises SettingsError."""
    given = {name: value for name, value in (("data", data), ("sources", sources)) if value is not None}
    try:
        return Settings(**given)  # type: ignore[arg-type]  # values are validated
    except ValidationError as exc:
        first = exc.errors()[0]
        name = "NEWSLEDGER_" + str(first["loc"][0]).upper()
        raise SettingsError(f"{name}: {first['msg']} (got {first['input']!r})") from exc
