"""Every part is killed, frozen or starved with a backlog in hand; nothing is lost or reordered.

Those of ``SHORT`` are part of `make test-services`. `make faults` does each harm once, always the
same way, and goes on in a random order: `FAULTS_SECONDS` says how long, `FAULTS_SEED` repeats a
run, `FAULTS_ONLY` names some harms.
"""

import os
import tempfile
import time
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from random import Random

import pytest

from bench.cluster import Cluster
from config.demo.system import System
from tests.faults.harm import HARMS, WORKERS, Site
from tests.faults.traffic import Office
from tests.plugins.system import on_free_ports

pytestmark = pytest.mark.faults
SEED = int(os.environ.get("FAULTS_SEED", "1"))
SECONDS = float(os.environ.get("FAULTS_SECONDS", "0"))
ONLY = os.environ.get("FAULTS_ONLY", "")
DATABASE = os.environ.get("FAULTS_DATABASE", os.environ.get("DATABASE_URL", ""))
HAS_CLUSTER = DATABASE.startswith("postgres")
POSSIBLE = [
    name
    for name, harm in HARMS.items()
    if (HAS_CLUSTER or not harm.needs_cluster) and (not ONLY or name in ONLY.split(","))
]
# Victims that hold something when they die: calls, requests, wake-ups, rows.
SHORT = frozenset({"worker killed", "web killed", "broker killed", "database killed"})
RECIPIENTS = 6
# The sandbox must remember all that a long run sends.
KEEP = {"SANDBOX_KEEP": "1000000"}


@dataclass(frozen=True, slots=True)
class Place:
    """A running system, its own PostgreSQL if it has one, and people who are written to."""

    system: System
    cluster: Cluster | None
    office: Office

    def suffer(self, name: str, chance: Random) -> None:
        """Do harm with a backlog in hand, and check what came of all that was accepted."""
        harm, before = HARMS[name], self.office.doubles()
        with self.office.traffic():
            time.sleep(chance.random())
            assert self.office.waiting(), "harm without a backlog in hand proves nothing"
            harm.do(Site(self.system, self.cluster, chance))
            time.sleep(chance.random())
        self.office.drain()
        assert (self.office.doubles() - before).total() <= harm.doubts


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """The whole service with two workers, on a PostgreSQL of its own where the suite uses one."""
    with ExitStack() as running:
        env, cluster = dict(KEEP), None
        if HAS_CLUSTER:
            # Not in pytest's folders, which only their owner may enter.
            folder = running.enter_context(tempfile.TemporaryDirectory())
            cluster = running.enter_context(Cluster(Path(folder)))
            env["DATABASE_URL"] = cluster.url()
        system = running.enter_context(on_free_ports(tmp_path_factory.mktemp("place"), env))
        system.start_broker()
        system.start_sandbox()
        system.prepare()
        system.start_web()
        for name in WORKERS:
            system.start_worker(name)
        system.start_beat()
        system.wait_until_ready()
        yield Place(system, cluster, Office.open(system, RECIPIENTS))


def _each() -> list[object]:
    # A campaign has its own PostgreSQL, whatever the rest of the suite uses.
    short = () if SECONDS else (pytest.mark.postgres,)
    marks = {True: short, False: (pytest.mark.campaign,)}
    return [pytest.param(name, marks=marks[name in SHORT]) for name in POSSIBLE]


@pytest.mark.parametrize("name", _each())
def test_each_dm_comes_once_and_in_order_although(place, name):
    place.suffer(name, Random(f"{SEED} {name}"))


@pytest.mark.campaign
def test_every_part_breaks_again_and_again(place):
    chance, end = Random(SEED), time.monotonic() + SECONDS
    while time.monotonic() < end:
        for name in chance.sample(POSSIBLE, len(POSSIBLE)):
            place.suffer(name, chance)
