"""A machine loses its network while it waits for PostgreSQL: it hangs no longer than a minute, nor do the others."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from pipeline import postgres
from pipeline.settings import PROJECT_ROOT
from tests.e2e.airflow_api import until
from tests.worlds.cluster import SECRETS, Cluster
from tests.worlds.machines import Network

SECONDS = 60.0
"""For what takes about 30 seconds: the time after which either side gives the other one up."""
LOST = """
import json, time
from concurrent.futures import ThreadPoolExecutor
from pipeline import postgres
from pipeline.errors import StorageError
from pipeline.ledger.catalog import catalog_at
from pipeline.ledger.session import connect
from pipeline.settings import load_settings

settings = load_settings()
conninfo = settings.catalog.get_secret_value()

def hold():
    with postgres.advisory_lock(conninfo, "held", 10) as session:
        while True:
            session.execute("select")
            time.sleep(1)

def wait():
    with postgres.advisory_lock(conninfo, "waited for", 120):
        pass

def query():
    catalog = catalog_at(settings.ledger_catalog)
    con = connect(catalog)
    with catalog.storage_errors():
        con.execute("call postgres_execute('__ducklake_metadata_ledger', 'select pg_sleep(120)')")

with ThreadPoolExecutor() as pool:
    under_way = [pool.submit(role) for role in (hold, wait, query)]
print(json.dumps([type(each.exception()).__name__ for each in under_way]))
"""
"""A process that holds a lock, waits for another one, and for the answer to a query of DuckDB."""


def test_nobody_waits_for_ever(network: Network, tmp_path: Path) -> None:
    cluster = Cluster(network, tmp_path / "cluster", SECRETS, PROJECT_ROOT / "sources.toml", {})
    machine = cluster.switch_on(cluster.names("worker")[0])
    try:
        cluster.start("postgres")
        cluster.wait_until_healthy("postgres")
        conninfo = cluster.ledger_conninfo()
        with ThreadPoolExecutor(1) as pool, postgres.connect(conninfo) as session:
            with postgres.advisory_lock(conninfo, "waited for", 1):
                process = pool.submit(cluster.run, machine.name, ["python", "-c", LOST])
                until(lambda: waits(session) == {"advisory", "PgSleep"} or process.done() or None, SECONDS)
                machine.disconnect()
            try:
                for name in ("held", "waited for"):
                    with postgres.advisory_lock(conninfo, name, SECONDS):
                        pass
                done = process.result(SECONDS)
            finally:
                machine.connect()
        assert json.loads(done.stdout) == ["StorageError"] * 3, done.stderr
    finally:
        cluster.switch_off()


def waits(session: postgres.Session) -> set[str]:
    """What PostgreSQL's sessions wait for, except for the next query."""
    found = session.execute("select wait_event from pg_stat_activity where state = 'active' and wait_event is not null")
    return {str(event) for (event,) in found}
