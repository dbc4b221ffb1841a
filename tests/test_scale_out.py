"""Several hosts that share one PostgreSQL and one broker, and nothing else, carry DMs in order."""

import time
from contextlib import ExitStack

import pytest

from config.demo.ports import any_free_port
from config.demo.system import ROOT, START_SECONDS, Ports, System
from tests.faults.traffic import Office

pytestmark = [pytest.mark.postgres]
# Values that differ from host to host; everything else is the same environment on each.
OF_THE_HOST = ("STATIC_ROOT", "TMPDIR")
BUSY_SECONDS = 3.0


def host(folder, first: System) -> System:
    """Return a further host: folders of its own, the settings of the first."""
    (folder / "tmp").mkdir()
    own = dict(zip(OF_THE_HOST, (str(folder / "static"), str(folder / "tmp")), strict=True))
    shared = {**first.children.env, "PYTHONPATH": str(ROOT)}
    another = System(folder, Ports(any_free_port()), {**shared, **own})
    another.children.cwd = folder
    return another


@pytest.fixture
def hosts(new_system, tmp_path_factory):
    """Two hosts: each with web and beat, together with three workers."""
    # Calls that succeed are logged at this level only.
    first = new_system(LOG_LEVEL="DEBUG")
    first.start_web()
    first.start_worker()
    first.start_beat()
    with ExitStack() as running:
        second = running.enter_context(host(tmp_path_factory.mktemp("second"), first))
        # Each host collects its own style sheets; the database is up to date already.
        second.children.cwd = ROOT
        second.manage("collectstatic", "collectstatic", "--noinput", "--verbosity", "0")
        second.children.cwd = second.folder
        second.start_web()
        for name in ("worker", "another"):
            second.start_worker(name)
        second.start_beat()
        for system in (first, second):
            system.wait_until_ready()
        second.children.wait_until(
            "the third worker", lambda: second._logged("another", "ready."), seconds=START_SECONDS
        )
        yield first, second


def test_two_webs_three_workers_and_two_beats_carry_each_dm_once_and_in_order(hosts):
    first, second = hosts
    office = Office.open(first, 6)
    office.doors.extend([first.base_url, second.base_url])

    workers = ((first, "worker"), (second, "worker"), (second, "another"))

    def all_have_sent() -> bool:
        return all(
            '"call": "send"' in system.children.log(name).read_text() for system, name in workers
        )

    with office.traffic():
        time.sleep(BUSY_SECONDS)
        # On a busy machine one of them may get nothing for a while.
        first.children.wait_until("a call by each worker", all_have_sent, seconds=START_SECONDS)
    office.drain()

    assert sum(len(person.accepted) for person in office.recipients) > 60
    assert (dict(office.doubles()), office.refused) == ({}, [])
    for system in hosts:
        system.children.check()  # beat and web live as well
