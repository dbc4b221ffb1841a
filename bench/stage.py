"""Everything a benchmark runs on: database, broker, web, workers, beat and the responder.

One stage owns one temporary folder; leaving it ends every process and removes the folder.
"""

import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import quote, urlsplit
from uuid import uuid4

import psycopg
import requests
from psycopg import sql

from bench.cluster import Cluster
from bench.cpu import cpu_seconds
from bench.tenants import Tenant
from config.demo.children import Children
from config.demo.ports import HOST, any_free_port
from config.demo.system import ROOT
from config.demo.valkey import start_valkey
from config.keys.secrets import generate

START_SECONDS = 60.0
_QUIET = ("--without-gossip", "--without-mingle", "--without-heartbeat")
# Of each process's log, when a measurement fails.
LAST_LINES = 5
# What a run leaves behind, in no particular order.
_TRAFFIC = (
    "messaging_attempt, messaging_delivery, messaging_message, messaging_receivedevent, "
    "messaging_receivedupdate, messaging_conversation, "
    "bench_plainevent, bench_obviousdm"
)


class Stage:
    """The services and processes of one benchmark run."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.secrets = generate()
        self.children = Children(folder, {}, cwd=ROOT)
        self.cluster: Cluster | None = None
        self.admin_url = os.environ.get("DATABASE_URL", "")
        self.databases: list[str] = []
        self.responder_port = any_free_port()
        self.responder_url = f"http://{HOST}:{self.responder_port}"

    def __enter__(self) -> Self:
        try:
            if not self.admin_url:
                self.cluster = Cluster(self.folder)
                self.cluster.__enter__()
                self.admin_url = self.cluster.url()
            (self.folder / "static").mkdir()
            self.start_broker()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if isinstance(error, Exception):
            self.tell_last_words()
        self.close()

    def tell_last_words(self) -> None:
        """Show what each process said last: its log goes with the folder."""
        for name in self.children.running:
            log = self.children.log(name)
            lines = log.read_text(errors="replace").splitlines() if log.exists() else []
            sys.stderr.write("".join(f"{name}: {line}\n" for line in lines[-LAST_LINES:]))

    def close(self) -> None:
        """End every process; drop our databases where the server is not ours."""
        self.children.stop_all()
        if self.cluster is not None:
            self.cluster.stop()
            return
        for name in self.databases:
            self._administer("drop database {} with (force)", name)

    # --- Services ----------------------------------------------------------------------------

    def start_broker(self, name: str = "valkey") -> str:
        """Start a Valkey and return its address."""
        self.children.adopt(name, start_valkey(self._socket(name)))
        return self.broker_url(name)

    def broker_url(self, name: str = "valkey") -> str:
        """Return the address of a Valkey that was started."""
        return f"unix://{quote(str(self._socket(name)))}"

    def create_database(self, copy_of: str = "") -> str:
        """Create a database, perhaps as a copy of another address's, and return its address."""
        name = f"bench_{uuid4().hex[:12]}"
        copied = f" template {urlsplit(copy_of).path[1:]}" if copy_of else ""
        self._administer("create database {}" + copied, name)
        self.databases.append(name)
        return urlsplit(self.admin_url)._replace(path=f"/{name}").geturl()

    def start_responder(self, delay: float = 0.0) -> None:
        """Start, or start anew, what stands for the target; it answers after ``delay`` seconds."""
        name = "responder"
        if name in self.children.running:
            self.children.stop(name)
        self.children.log(name).unlink(missing_ok=True)
        place = ("--port", str(self.responder_port), "--delay", str(delay))
        self._python(name, {}, "-m", "bench.responder", *place)
        log = self.children.log(name)
        ready = lambda: "responder ready" in log.read_text()  # noqa: E731 - one condition
        self.children.wait_until(name, ready, seconds=START_SECONDS)

    # --- Our processes -----------------------------------------------------------------------

    def environment(self, database: str, broker: str = "", **more: str) -> dict[str, str]:
        """Return a complete configuration of the product, with nothing but its defaults but one."""
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
        return {
            **kept,
            **self.secrets,
            "DJANGO_SETTINGS_MODULE": "config.settings",
            "ENV_FILE": os.devnull,
            "PYTHONUNBUFFERED": "1",
            "ALLOWED_HOSTS": HOST,
            "DATABASE_URL": database,
            "REDIS_URL": broker or self.broker_url(),
            "STATIC_ROOT": str(self.folder / "static"),
            "WORKPLACE_GRAPH_URL": self.responder_url,
            "WORKPLACE_WEB_URL": self.responder_url,
            # The responder knows no accounts: a run that takes longer than the default of a quarter
            # of an hour would come to look for them, in vain, and hold all DMs.
            "LINK_CHECK_MINUTES": "1440",
            **more,
        }

    def start_web(self, name: str, env: Mapping[str, str]) -> str:
        """Start gunicorn as the product is served, and return its address."""
        port = any_free_port()
        bind = f"{HOST}:{port}"
        self._python(name, env, "-m", "gunicorn", "-c", "python:config.gunicorn", "--bind", bind)

        def listening() -> bool:
            try:
                requests.get(f"http://{bind}/healthz", timeout=2)
            except requests.RequestException:
                return False
            return True

        self.children.wait_until(name, listening, seconds=START_SECONDS)
        return f"http://{bind}"

    def start_worker(
        self, name: str, env: Mapping[str, str], *options: str, app: str = "config"
    ) -> int:
        """Start one Celery worker, wait until it takes tasks, and return its process id."""
        self.children.log(name).unlink(missing_ok=True)
        node = ("-n", f"{name}@%h", *_QUIET, *options)
        # Celery says "ready" at INFO only; what the product logs is set by LOG_LEVEL.
        self._python(name, env, "-m", "celery", "-A", app, "worker", "-l", "INFO", *node)
        log = self.children.log(name)
        ready = lambda: " ready." in log.read_text(errors="replace")  # noqa: E731 - one condition
        self.children.wait_until(name, ready, seconds=START_SECONDS)
        return self.children.running[name].pid

    def start_beat(self, env: Mapping[str, str], name: str = "beat") -> None:
        """Start beat, which sweeps."""
        self._python(name, env, "-m", "celery", "-A", "config", "beat")

    def stop(self, *names: str) -> None:
        """End some processes."""
        for name in names:
            self.children.stop(name)

    def manage(self, env: Mapping[str, str], *arguments: str) -> str:
        """Run a management command with the benchmark's own settings; return what it printed."""
        name = f"manage-{uuid4().hex[:6]}"
        own = {**env, "DJANGO_SETTINGS_MODULE": "bench.settings"}
        self.children.env = own
        self.children.run(name, [sys.executable, "manage.py", *arguments])
        return self.children.log(name).read_text()

    def prepare(self, env: Mapping[str, str]) -> None:
        """Create the tables of the product and of what it is compared with."""
        self.manage(env, "migrate", "--run-syncdb", "--verbosity", "0")

    def make_tenants(
        self, env: Mapping[str, str], organizations: int, recipients: int
    ) -> list[Tenant]:
        """Make organizations with linked members."""
        sizes = ("--organizations", str(organizations), "--recipients", str(recipients))
        made = json.loads(self.manage(env, "bench_people", *sizes).splitlines()[-1])
        return [Tenant(**{**each, "recipients": tuple(each["recipients"])}) for each in made]

    # --- Looking at it -----------------------------------------------------------------------

    def arrived(self) -> int:
        """Return how many requests the responder has noted."""
        return int(requests.get(f"{self.responder_url}/count", timeout=30).text)

    def wait_for_arrivals(self, count: int, seconds: float) -> None:
        """Wait until the responder has noted that many requests."""
        self.children.wait_until(
            f"{count} DMs at the target", lambda: self.arrived() >= count, seconds=seconds
        )

    def cpu_of(self, *names: str) -> float:
        """Return the CPU seconds some of our processes have used so far, with their children."""
        return cpu_seconds(self.children.running[name].pid for name in names)

    def cpu_of_database(self) -> float:
        """Return the CPU seconds PostgreSQL has used so far; 0 where the server is not ours.

        Counted by its living processes: keep connections open while it is measured.
        """
        return cpu_seconds([self.cluster.pid()]) if self.cluster else 0.0

    def clear(self, database: str) -> None:
        """Forget all traffic of earlier rounds."""
        with psycopg.connect(database, autocommit=True) as connection:
            connection.execute(sql.SQL("truncate {} cascade").format(sql.SQL(_TRAFFIC)))
            # The rows stay: a running process remembers which lanes there are.
            connection.execute("update messaging_lane set leased_until = null, woken_at = null")
            connection.execute("update integrations_installation set held_until = null")
        requests.get(f"{self.responder_url}/log", timeout=30)

    def _socket(self, name: str) -> Path:
        return self.folder / "broker" / f"{name}.sock"

    def _python(self, name: str, env: Mapping[str, str], *arguments: str) -> None:
        self.children.env = dict(env)
        self.children.start(name, [sys.executable, *arguments])

    def _administer(self, statement: str, name: str) -> None:
        with psycopg.connect(self.admin_url, autocommit=True) as admin:
            admin.execute(sql.SQL(statement).format(sql.Identifier(name)))
