"""The services of docker-compose.cluster.yml, each on a machine of its own, without a Docker engine.

Commands, health checks, environment, volumes, secrets and the order of the start are those of the file. Two images have
stand-ins: Debian's PostgreSQL, started as the image starts its own, and the S3 server of `tests.worlds.s3`.
"""

from __future__ import annotations

import shutil
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pipeline.settings import PROJECT_ROOT
from tests.worlds import compose_file
from tests.worlds.compose_file import Service
from tests.worlds.machines import GATEWAY, Files, Machine, Network
from tests.worlds.postgres import binaries

COMPOSE = PROJECT_ROOT / "docker-compose.cluster.yml"
HOME = "/home/newsledger"
USER = 10001
"""The image's user, as the Dockerfile says."""
S3_PORT = 8333
ELSEWHERE = {"objects-owner", "s3"}
"""The S3 server, at `S3_PORT` of the host that has made the network."""
START_SECONDS = 300.0
SECRETS = {
    "POSTGRES_PASSWORD": "0badc0de",
    "AIRFLOW_DB_PASSWORD": "1badc0de",
    "LEDGER_PGPASS": "postgres:5432:newsledger:newsledger:2badc0de",
    "REDIS_PASSWORD": "3badc0de",
    "S3_ACCESS_KEY": "newsledger",
    "S3_SECRET_KEY": "4badc0de",
    "AIRFLOW_FERNET_KEY": "ZmZmZmZmZmZmZmZmZmZmZmZmZmZmZmZmZmZmZmZmZmY=",
    "AIRFLOW_API_SECRET_KEY": "a" * 64,
    "AIRFLOW_JWT_SECRET": "j" * 128,
    "ADMIN_PASSWORD": "look-out",
}
"""What .env has."""
_POLL_SECONDS = 1.0

POSTGRES = r"""
export PGDATA=/var/lib/postgresql/data
if [ ! -s "$PGDATA/PG_VERSION" ]; then
  initdb --no-sync --encoding=UTF8 --locale=C --username=postgres --pwfile="$POSTGRES_PASSWORD_FILE" \
    --auth-local=trust --auth-host=scram-sha-256
  echo 'host all all all scram-sha-256' >> "$PGDATA/pg_hba.conf"
  pg_ctl --wait --options="-c listen_addresses='' -k /tmp" start
  for script in /docker-entrypoint-initdb.d/*.sql; do
    psql --set=ON_ERROR_STOP=1 --host=/tmp --username=postgres --file="$script"
  done
  pg_ctl --wait stop
fi
exec postgres -c listen_addresses='*' -k /tmp -c fsync=off
"""
"""What the image does at its start. Nothing is flushed to disk, which survives a kill but no power cut."""
STAND_INS: Mapping[str, list[str]] = {"postgres": ["sh", "-euc", POSTGRES]}


class Cluster:
    """The file's services; none is started yet."""

    def __init__(
        self, network: Network, folder: Path, variables: Mapping[str, str], sources: Path, quicker: Mapping[str, str]
    ) -> None:
        """`variables` are those of .env. `quicker` are settings that only shorten what a test waits for."""
        self._network, self._folder, self._variables = network, folder, variables
        self._quicker = quicker
        self._binds = {"./sources.toml": sources}
        self._file = compose_file.read(COMPOSE, variables)
        self.services: Mapping[str, Service] = self._file["services"]
        self.machines: dict[str, Machine] = {}
        folder.mkdir()
        network.know("s3", GATEWAY)

    def switch_off(self) -> None:
        for machine in self.machines.values():
            machine.switch_off()

    def switch_on(self, name: str) -> Machine:
        """The machine of this service, which runs nothing yet."""
        files = Files(own=self._volumes(name), given=self._given(name))
        user = int(str(self._service(name).get("user", USER)).partition(":")[0])
        kernel = self._service(name).get("sysctls", {})
        self.machines[name] = Machine(self._network, name, files, user, self.log(name), kernel)
        return self.machines[name]

    def start_all(self) -> None:
        """Start each service when those are ready that it depends on."""
        waiting = {*self.services} - ELSEWHERE
        while waiting:
            ready = {name for name in waiting if not waiting & set(self.services[name].get("depends_on", ()))}
            names = [name for service in ready for name in self.names(service)]
            for name in names:
                self.start(name)
            for name in names:
                self.wait_until_healthy(name)
            waiting -= ready

    def names(self, service: str) -> list[str]:
        """The machines of a service: one for each replica."""
        replicas = int(self.services[service].get("deploy", {}).get("replicas", 1))
        return [service] if replicas == 1 else [f"{service}-{number + 1}" for number in range(replicas)]

    def start(self, name: str) -> None:
        """Start the service on this machine; run one to its end that ends by itself."""
        if name not in self.machines:
            self.switch_on(name)
        service = self._service(name)
        command = STAND_INS.get(name) or service["command"]
        if service["restart"] == "no":
            done = self.run(name, command)
            assert done.returncode == 0, done.stdout + done.stderr
        else:
            self.machines[name].start(command, self._environment(name))

    def _service(self, name: str) -> Service:
        return next(self.services[service] for service in self.services if name in self.names(service))

    def run(self, name: str, command: list[str]) -> subprocess.CompletedProcess[str]:
        """Run one more command as this service."""
        return self.machines[name].run(command, self._environment(name))

    def lose(self, name: str) -> None:
        """End the service's processes as a power cut does, and empty the machine's own disk."""
        self.machines[name].stop()
        for folder in self._volumes(name).values():
            if folder.is_relative_to(self._folder / "own"):
                shutil.rmtree(folder)
                folder.mkdir()

    def ledger_conninfo(self) -> str:
        """The ledger's database as it is reached from this host."""
        *_, user, password = self._variables["LEDGER_PGPASS"].split(":")
        return f"postgresql://{user}:{password}@{self.machines['postgres'].address}/{user}"

    def log(self, name: str) -> Path:
        return self._folder / f"{name}.log"

    def _volumes(self, name: str) -> dict[str, Path]:
        """Named volumes are one folder for all; those without a name, and the home, are the machine's own."""
        found = {HOME: self._folder / "own" / name / "home"}
        for target, source in compose_file.mounts(self._service(name)).items():
            if not source.startswith("."):
                found[target] = (
                    self._folder / "volumes" / source if source else self._folder / "own" / name / Path(target).name
                )
        for path in found.values():
            path.mkdir(parents=True, exist_ok=True)
        return found

    def _given(self, name: str) -> dict[str, Path]:
        described = self._service(name)
        given = {"/opt/newsledger": PROJECT_ROOT}
        for target, source in compose_file.mounts(described).items():
            if source.startswith("."):
                given[target] = self._binds[source]
        for secret in described.get("secrets", ()):
            source = secret if isinstance(secret, str) else secret["source"]
            variable = self._file["secrets"][source]["environment"]
            given[f"/run/secrets/{source}"] = self._written(source, self._variables[variable])
        for config in described.get("configs", ()):
            given[config["target"]] = self._written(
                config["source"], self._file["configs"][config["source"]]["content"]
            )
        return given

    def _written(self, name: str, text: str) -> Path:
        path = self._folder / "given" / name
        path.parent.mkdir(exist_ok=True)
        path.touch(mode=0o400)
        path.write_text(text)
        return path

    def _environment(self, name: str) -> dict[str, str]:
        bin_folders = [PROJECT_ROOT / ".venv" / "bin", binaries(), Path("/usr/bin"), Path("/bin"), Path("/usr/sbin")]
        image = {
            "PATH": ":".join(str(folder) for folder in bin_folders if folder),
            "PYTHONUNBUFFERED": "1",
            "AIRFLOW_HOME": f"{HOME}/airflow",
            "HOME": HOME,
        }
        described: Mapping[str, Any] = self._service(name).get("environment", {})
        passed = {key: self._variables.get(key) if value is None else value for key, value in described.items()}
        return {**image, **{key: value for key, value in passed.items() if value is not None}, **self._quicker}

    def wait_until_healthy(self, name: str) -> None:
        """According to the service's own health check, if it has one."""
        if "healthcheck" not in self._service(name):
            return
        command = compose_file.command_of(self._service(name)["healthcheck"]["test"])
        deadline = time.monotonic() + START_SECONDS
        while (done := self.run(name, command)).returncode:
            log = self.log(name).read_text()
            assert time.monotonic() < deadline, f"{name}: {done.stdout}{done.stderr}\n{log}"
            time.sleep(_POLL_SECONDS)
