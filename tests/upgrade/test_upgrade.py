"""A busy system is brought from the version before the newest migrations to this one, part by part.

`make upgrade-test` runs it; UPGRADE_FROM names a commit, or "before" for the newest one that starts
and whose migrations are others than ours. It needs the history: a shallow clone has to be deepened.
"""

import os
import socket
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from pathlib import Path

import pytest

from bench.cluster import Cluster
from config.demo.ports import HOST
from config.demo.system import ROOT, START_SECONDS, System
from tests.faults.traffic import Office
from tests.plugins.system import on_free_ports
from tests.upgrade.earlier import git, newest_that_starts, starts, unpack

pytestmark = pytest.mark.upgrade
WEBS = ("web", "other")
WORKERS = ("worker", "second")
# Between two steps, so that every mixture of versions carries something.
MIXED_SECONDS = 1.0
# Part of systemd for a service with a socket: hand the listening socket over as file 3.
_WITH_SOCKET = """
import os, sys
os.dup2(int(sys.argv[1]), 3)
os.environ.update(LISTEN_FDS="1", LISTEN_PID=str(os.getpid()))
os.execv(sys.argv[2], sys.argv[2:])
"""


def earlier(folder: Path, env: Mapping[str, str], say: Callable[[str], None]) -> Path:
    """Unpack the version to upgrade from, say which it is, and return its folder."""
    named = os.environ["UPGRADE_FROM"]
    if named != "before":
        unpack(ROOT, named, folder / "named")
        return folder / "named"
    chosen, passed_over = newest_that_starts(ROOT, folder, lambda code: starts(code, dict(env)))
    for commit in passed_over:
        say(f"passed over, since it does not start: {commit}")
    say("upgrading from " + git(ROOT, "log", "-1", "--format=%h %s", chosen).decode().strip())
    return folder / chosen


class Upgrade:
    """A running system, the socket of its web process, and which code it is started from."""

    def __init__(self, system: System, old: Path) -> None:
        """Listen; nothing is started yet."""
        self.system, self.old = system, old
        self.socket = socket.create_server((HOST, system.ports.web), backlog=1024)

    def use(self, code: Path) -> None:
        """Start everything from this folder from now on."""
        self.system.children.cwd = code

    def start_web(self, name: str) -> None:
        """Start one gunicorn on the socket, which outlives it and which it shares."""
        number = str(self.socket.fileno())
        gunicorn = [sys.executable, "-m", "gunicorn", "-c", "python:config.gunicorn"]
        command = [sys.executable, "-c", _WITH_SOCKET, number, *gunicorn]
        self.system.children.start(name, command, pass_fds=[self.socket.fileno()])

    def wait_for_second_start(self, name: str) -> None:
        """Wait until this web process has begun to serve for the second time."""
        log = self.system.children.log(name)
        again = lambda: log.read_text().count("Listening at") == 2  # noqa: E731 - one condition
        self.system.children.wait_until(name, again, seconds=START_SECONDS)

    def roll(self, office: Office) -> None:
        """Restart one process after another; after each all of them work together for a while."""
        for name in WORKERS:
            self.system.children.stop(name)
            self.system.start_worker(name)
            self.mix(office)
        for name in WEBS:
            self.system.children.stop(name)
            self.start_web(name)
            self.wait_for_second_start(name)
            self.mix(office)
        self.system.children.stop("beat")
        self.system.start_beat()
        self.mix(office)

    def mix(self, office: Office) -> None:
        """Let what runs run; somebody must have been written to meanwhile."""
        before = [len(person.accepted) for person in office.recipients]
        self.system.children.wait_until(
            "DMs accepted from everybody",
            lambda: all(
                len(person.accepted) > known + 3
                for person, known in zip(office.recipients, before, strict=True)
            ),
            seconds=START_SECONDS,
        )
        time.sleep(MIXED_SECONDS)


@pytest.fixture
def say(capsys) -> Callable[[str], None]:
    """Return a function that shows a line to whoever runs this, also where all goes well."""

    def write(line: str) -> None:
        with capsys.disabled():
            sys.stdout.write(f"\n{line}\n")

    return write


@pytest.fixture
def upgrade(tmp_path, say):
    """The version before, running on PostgreSQL: web, two workers and beat."""
    with ExitStack() as running:
        # Not in pytest's folders, which only their owner may enter.
        folder = running.enter_context(tempfile.TemporaryDirectory())
        cluster = running.enter_context(Cluster(Path(folder)))
        env = {"DATABASE_URL": cluster.url()}
        system = running.enter_context(on_free_ports(tmp_path, env))
        system.start_broker()
        system.start_sandbox()
        old = earlier(tmp_path / "old", system.children.env, say)
        upgrade = Upgrade(system, old)
        running.callback(upgrade.socket.close)
        upgrade.use(old)
        system.prepare()
        for name in WEBS:
            upgrade.start_web(name)
        for name in WORKERS:
            system.start_worker(name)
        system.start_beat()
        system.wait_until_ready()
        yield upgrade


def test_an_upgrade_under_traffic_loses_doubles_and_refuses_nothing(upgrade):
    office = Office.open(upgrade.system, 4)

    with office.traffic():
        upgrade.mix(office)
        upgrade.use(ROOT)
        applied = upgrade.system.manage("migrate", "migrate", "--no-color")
        upgrade.mix(office)  # the version before, on the new schema
        upgrade.roll(office)
    office.drain()

    assert "Applying " in applied, "there is no newer migration to upgrade to"
    assert (dict(office.doubles()), office.refused) == ({}, [])
