"""Every part is killed, frozen or starved with a backlog in hand; nothing is lost or reordered.

`make faults` runs it: `FAULTS_SECONDS` makes it longer, `FAULTS_SEED` repeats a run, `FAULTS_ONLY`
names some harms. It is no part of `make test`: a round takes minutes, and not every round ends in
time yet.
"""

import os
import random
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

import pytest

from bench.cluster import Cluster
from tests.faults.harm import HARMS, WORKERS, Site
from tests.faults.traffic import Office
from tests.plugins.system import on_free_ports

pytestmark = [pytest.mark.faults, pytest.mark.campaign]
SEED = int(os.environ.get("FAULTS_SEED", "1"))
# At least one round of everything, however long that takes.
SECONDS = float(os.environ.get("FAULTS_SECONDS", "0"))
ONLY = os.environ.get("FAULTS_ONLY", "")
DATABASE = os.environ.get("FAULTS_DATABASE", os.environ.get("DATABASE_URL", ""))
RECIPIENTS = 6
WARM_UP = 1.0


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The whole service with two workers, on a PostgreSQL of its own where the suite uses one."""
    with ExitStack() as running:
        env, cluster = {}, None
        if DATABASE.startswith("postgres"):
            # Not in pytest's folders, which only their owner may enter.
            folder = running.enter_context(tempfile.TemporaryDirectory())
            cluster = running.enter_context(Cluster(Path(folder)))
            env["DATABASE_URL"] = cluster.url()
        system = running.enter_context(on_free_ports(tmp_path_factory.mktemp("site"), env))
        system.start_broker()
        system.start_sandbox()
        system.prepare()
        system.start_web()
        for name in WORKERS:
            system.start_worker(name)
        system.start_beat()
        system.wait_until_ready()
        yield Site(system, cluster, random.Random(SEED))


@pytest.fixture(scope="module")
def office(site):
    """Several people who are written to all the time."""
    return Office.open(site.system, RECIPIENTS)


def rounds(site):
    """Yield the names of the harms in a seeded order, again and again until time is up."""
    possible = [name for name, harm in HARMS.items() if site.cluster or not harm.needs_cluster]
    possible = [name for name in possible if not ONLY or name in ONLY.split(",")]
    end = time.monotonic() + SECONDS
    while True:
        yield from site.chance.sample(possible, len(possible))
        if time.monotonic() >= end:
            return


def test_whatever_breaks_each_dm_comes_once_and_in_order(site, office):
    known = office.doubles()
    for name in rounds(site):
        harm = HARMS[name]
        with office.traffic():
            time.sleep(WARM_UP + site.chance.random())
            assert office.waiting(), "harm without a backlog in hand proves nothing"
            harm.do(site)
            time.sleep(site.chance.random())
        office.drain()
        doubles = office.doubles()
        new = doubles - known
        assert sum(new.values()) <= harm.doubts, f"{name} (seed {SEED}): {new}"
        known = doubles
