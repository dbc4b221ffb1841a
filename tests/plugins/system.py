"""The whole service as real processes, on the services the suite was given or the embedded ones."""

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import ClassVar, NamedTuple
from urllib.parse import urlsplit
from uuid import uuid4

import psycopg
import pytest
from psycopg import sql

from config.demo.ports import any_free_port
from config.demo.story import Cast, set_the_scene
from config.demo.system import Ports, System

# Short times, so that what is picked up later is picked up within a test's patience.
PATIENCE = {
    "RELAY_SWEEP_SECONDS": "1",
    "RELAY_LEASE_SECONDS": "4",
    "RELAY_UNCONFIRMED_SECONDS": "1",
    "AUDIT_SECONDS": "2",
    "WORKER_THREADS": "4",
    "DATABASE_POOL_SIZE": "8",
}


@pytest.fixture(scope="session")
def database_url() -> Iterator[Callable[..., str]]:
    """Return a function that makes a database where DATABASE_URL is PostgreSQL.

    It is empty, or a copy of the one named, to which nobody may be connected. Nothing is returned
    for SQLite: then each system has a file of its own.
    """
    given = urlsplit(os.environ.get("DATABASE_URL", ""))
    made: list[str] = []

    def make(copy_of: str = "") -> str:
        if not given.scheme.startswith("postgres"):
            return ""
        made.append(f"kotozute_{uuid4().hex[:12]}")
        copied = f' template "{copy_of}"' if copy_of else ""
        _administer(given.geturl(), "create database {}" + copied, made[-1])
        return given._replace(path=f"/{made[-1]}").geturl()

    yield make
    for name in made:
        _administer(given.geturl(), "drop database {} with (force)", name)


def _administer(url: str, statement: str, name: str) -> None:
    with psycopg.connect(url.replace("postgresql://", "postgres://"), autocommit=True) as admin:
        admin.execute(sql.SQL(statement).format(sql.Identifier(name)))


@pytest.fixture
def new_system(
    tmp_path_factory: pytest.TempPathFactory, database_url: Callable[..., str]
) -> Iterator[Callable[..., System]]:
    """Return a function that prepares a system: broker, sandbox and tables, no process of ours.

    Its broker is always its own Valkey, which a test may kill.
    """
    with ExitStack() as running:

        def prepare(**env: str) -> System:
            yours = running.enter_context(_system(tmp_path_factory, database_url, env))
            yours.start_broker()
            yours.start_sandbox()
            yours.prepare()
            return yours

        yield prepare


@pytest.fixture(scope="module")
def system(
    tmp_path_factory: pytest.TempPathFactory, database_url: Callable[..., str]
) -> Iterator[System]:
    """Run the whole service, on the REDIS_URL of the suite where there is one."""
    with running_system(tmp_path_factory, database_url, {}) as whole:
        yield whole


@contextmanager
def running_system(
    folders: pytest.TempPathFactory,
    database_url: Callable[..., str],
    env: dict[str, str],
    *,
    own_broker: bool = False,
) -> Iterator[System]:
    """Run the whole service, on the REDIS_URL of the suite where there is one.

    With ``own_broker`` on a Valkey of its own, which a test may harm.
    """
    given = os.environ.get("REDIS_URL", "")
    broker = {"REDIS_URL": given} if given and not own_broker else {}
    with _system(folders, database_url, {**broker, **env}) as whole:
        whole.start_broker()
        whole.start_sandbox()
        whole.prepare()
        whole.start_web()
        whole.start_worker()
        whole.start_beat()
        whole.wait_until_ready()
        yield whole


@pytest.fixture(scope="module")
def cast(system: System) -> Cast:
    """Put Taro and Hanako on the stage; Hanako is linked."""
    return set_the_scene(system)


def on_free_ports(folder: Path, env: dict[str, str]) -> System:
    """Return a system, not yet started, with the short times of ``PATIENCE``."""
    return System(folder, Ports(any_free_port()), {**PATIENCE, **env})


class _Start(NamedTuple):
    """How the first system of this process stood before anybody used it."""

    tables: str
    static: Path


class _QuickSystem(System):
    """Begins with a copy of the first one's tables: making them anew takes ten seconds."""

    start: ClassVar[_Start | None] = None
    database_url: Callable[..., str]

    def prepare(self) -> None:
        """Do what ``System`` does, but once for all."""
        if self.start is None:
            super().prepare()
            type(self).start = _Start(self._kept(), self.folder / "static")
            return
        self.children.env["STATIC_ROOT"] = str(self.start.static)
        if not self._address.startswith("postgres"):
            shutil.copy(self.start.tables, self._file)

    @property
    def _address(self) -> str:
        return self.children.env["DATABASE_URL"]

    @property
    def _file(self) -> Path:
        return self.folder / "db.sqlite3"

    def _kept(self) -> str:
        """Put a copy of the tables away and return where: a database's name, or a file's."""
        if self._address.startswith("postgres"):
            own = urlsplit(self._address).path[1:]
            return urlsplit(self.database_url(copy_of=own)).path[1:]
        return shutil.copy(str(self._file), str(self.folder / "start.sqlite3"))


def _system(
    folders: pytest.TempPathFactory, database_url: Callable[..., str], env: dict[str, str]
) -> System:
    start = _QuickSystem.start
    database = database_url(copy_of=start.tables if start else "")
    chosen = {"DATABASE_URL": database} if database else {}
    ports = Ports(any_free_port())
    system = _QuickSystem(folders.mktemp("system"), ports, {**PATIENCE, **chosen, **env})
    system.database_url = database_url
    return system
