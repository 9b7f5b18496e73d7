"""A ledger that is verified, and what is done to it between two verifications."""

from __future__ import annotations

from datetime import datetime

from pipeline.ledger import Ledger, Run
from pipeline.ledger.log import utc_now
from pipeline.settings import Settings
from pipeline.verification.installation import verify_installation
from pipeline.verification.proof import Proof
from tests.worlds.stories import item


def append(settings: Settings, *names: str) -> None:
    with Ledger.open(settings.ledger_catalog) as ledger:
        for name in names:
            ledger.append([item(f"{name}-a"), item(f"{name}-b")], Run("r"))


def prove(settings: Settings, now: datetime | None = None, *, full: bool = False) -> Proof:
    with Ledger.open(settings.ledger_catalog) as ledger:
        return verify_installation(settings, ledger, now or utc_now(), full=full)


def change(settings: Settings, sql: str) -> None:
    with Ledger.open(settings.ledger_catalog) as ledger:
        ledger._con.execute(sql)
