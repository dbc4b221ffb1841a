"""Harm that the fault tests do to a running system, and how many doubts each may leave behind."""

import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from random import Random

import redis

from bench.cluster import Cluster
from config.demo.system import System
from tests.plugins.system import PATIENCE

# Calls a worker can have in hand: so many DMs may be in doubt when it vanishes.
THREADS = int(PATIENCE["WORKER_THREADS"])
LEASE = float(PATIENCE["RELAY_LEASE_SECONDS"])
WORKERS = ("worker", "second")


@dataclass(frozen=True)
class Site:
    """A running system, and its database where that is ours to harm."""

    system: System
    cluster: Cluster | None
    chance: Random


@dataclass(frozen=True)
class Harm:
    """One way of doing harm. ``doubts`` is the most calls whose end nobody can have seen."""

    do: Callable[[Site], None]
    doubts: int = 0
    needs_cluster: bool = False


def kill_worker(site: Site) -> None:
    """Kill a worker with calls in hand; another is started at once."""
    name = site.chance.choice(WORKERS)
    _kill(site.system, name)
    site.system.start_worker(name)


def kill_web(site: Site) -> None:
    """Kill the web processes while they accept."""
    _kill(site.system, "web")
    site.system.start_web()


def kill_beat(site: Site) -> None:
    """Kill the clock of the sweeps."""
    _kill(site.system, "beat")
    site.system.start_beat()


def kill_broker(site: Site) -> None:
    """Kill the broker with everything in it."""
    _kill(site.system, "valkey")
    time.sleep(site.chance.uniform(0, 1))
    site.system.start_broker()


def flush_broker(site: Site) -> None:
    """Take every queued wake-up away."""
    _broker(site.system).flushall()


def freeze_broker(site: Site) -> None:
    """Let the broker accept connections and never answer."""
    with _stopped(site.system, "valkey"):
        time.sleep(3)


def starve_broker(site: Site) -> None:
    """Let the broker refuse every write for want of memory."""
    broker = _broker(site.system)
    broker.config_set("maxmemory", "1")
    time.sleep(2)
    broker.config_set("maxmemory", "0")


def outsleep_the_lease(site: Site) -> None:
    """Freeze a worker until another has taken its lanes over, then let both believe in them."""
    with _stopped(site.system, site.chance.choice(WORKERS)):
        time.sleep(LEASE + 2)


def kill_database(site: Site) -> None:
    """Kill PostgreSQL in the middle of everything."""
    assert site.cluster is not None
    os.kill(site.cluster.pid(), signal.SIGKILL)
    site.cluster.wait_for_end()
    site.cluster.start()


def restart_database(site: Site) -> None:
    """Restart PostgreSQL as an upgrade would: connections are ended."""
    assert site.cluster is not None
    site.cluster.stop("fast")
    site.cluster.start()


HARMS = {
    "worker killed": Harm(kill_worker, doubts=THREADS),
    "web killed": Harm(kill_web),
    "beat killed": Harm(kill_beat),
    "broker killed": Harm(kill_broker),
    "broker flushed": Harm(flush_broker),
    "broker frozen": Harm(freeze_broker),
    "broker out of memory": Harm(starve_broker),
    "worker frozen past its lease": Harm(outsleep_the_lease, doubts=THREADS),
    # A worker that waits in vain for the database cannot write down what it has seen.
    "database killed": Harm(kill_database, doubts=2 * THREADS, needs_cluster=True),
    "database restarted": Harm(restart_database, needs_cluster=True),
}


def _kill(system: System, name: str) -> None:
    process = system.children.running.pop(name)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()


@contextmanager
def _stopped(system: System, name: str) -> Iterator[None]:
    group = system.children.running[name].pid
    os.killpg(group, signal.SIGSTOP)
    try:
        yield
    finally:
        os.killpg(group, signal.SIGCONT)


def _broker(system: System) -> redis.Redis:
    return redis.Redis(unix_socket_path=str(system.socket))
