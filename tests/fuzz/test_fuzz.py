"""Every input at a door gets an answer below 500, in time, and no change by what is refused.

The first inputs of each door are part of the suite. `make fuzz` goes on: `FUZZ_SECONDS` says how
long, `FUZZ_SEED` repeats a run, `FUZZ_ONLY` names a door, or one input as a finding names it.
"""

import hashlib
import os
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count, takewhile
from random import Random

import pytest
from django.core.cache import cache
from django.test import client

from config.http.charset import Utf8Request
from integrations.ovice import directory
from tests.fuzz.callers import CONNECTOR_KEY, Links, SignedRequests, Webhooks
from tests.fuzz.directories import Directories
from tests.fuzz.doors import Door
from tests.fuzz.events import Batches, Events
from tests.fuzz.launches import Launches
from tests.fuzz.portals import Pages
from tests.fuzz.renderings import Renderings
from tests.fuzz.stage import APP_SECRET, Stage, set_stage
from tests.sandbox.ovice.receiver import listening

SEED = os.environ.get("FUZZ_SEED", "17")
SECONDS = float(os.environ.get("FUZZ_SECONDS", "0"))
ONLY = os.environ.get("FUZZ_ONLY", "")
# Limits of requests a minute are not what is tried here.
_UNCOUNTED = 50
# Of each kind the first is shown; a door with so many kinds is broken altogether.
_MOST_KINDS = 30
_SHOWN = 20_000


@pytest.fixture
def stage(portal, settings, monkeypatch) -> Iterator[Stage]:
    """Return the stage, with every door open."""
    # As the server makes them.
    monkeypatch.setattr(client, "WSGIRequest", Utf8Request)
    # Every view is imported before the first request.
    client.Client().get("/favicon.ico")
    settings.WORKPLACE_APP_SECRET = APP_SECRET
    settings.OVICE_ISSUER, settings.OVICE_LAUNCH_SECRET = "https://ovice.example", "s" * 48
    settings.OVICE_CONNECTOR_KEYS = [hashlib.sha256(CONNECTOR_KEY.encode()).hexdigest()]
    settings.CONNECTOR_REQUESTS_PER_MINUTE = 10**9
    monkeypatch.setattr(directory, "PAUSE_SECONDS", 0)
    settings.OVICE_DIRECTORY_KEY = "key"
    with listening() as ovice:
        settings.OVICE_DIRECTORY_URL = ovice.url
        yield set_stage(portal, ovice)


@pytest.fixture(scope="session")
def tally() -> Iterator[Counter[str]]:
    """Return a count of all inputs by door, which is shown in the end."""
    inputs: Counter[str] = Counter()
    yield inputs
    _say(f"{inputs.total():,} inputs in all, seed {SEED}")


@dataclass(frozen=True, slots=True)
class Share:
    """How much of a run a door gets: of the suite's a number of sends, of a long one's its time."""

    make: Callable[[Stage], Door]
    sends: int
    time: float


DOORS = {
    "events": Share(Events, 150, 0.1),
    "batches": Share(Batches, 6, 0.35),
    "directories": Share(Directories, 40, 0.05),
    "launches": Share(Launches, 80, 0.1),
    "signed requests": Share(SignedRequests, 80, 0.05),
    "webhooks": Share(Webhooks, 80, 0.1),
    "links": Share(Links, 80, 0.05),
    "renderings": Share(Renderings, 150, 0.1),
    # Their walk in the suite is in a test of its own.
    "pages": Share(Pages, 0, 0.1),
}
NAMED = [
    name
    for name, share in DOORS.items()
    if ONLY.partition(":")[0] in ("", name) and (SECONDS or share.sends)
]


@pytest.mark.parametrize("name", NAMED)
def test_no_input_stops_the_door_of(stage, tally, name):
    share = DOORS[name]
    found: dict[str, str] = {}
    door, began = share.make(stage), time.monotonic()
    stage.watch.rows.remember()
    for number in _numbers(share):
        if number % _UNCOUNTED == 0:
            cache.clear()
        tally[name] += door.send(Random(f"{SEED} {name} {number}"))
        for finding in stage.watch.taken():
            shown = f"{name}:{number} {finding.fault}\n  {finding.request[:_SHOWN]}"
            found.setdefault(finding.fault, shown)
        if len(found) > _MOST_KINDS:
            break
    each, longest = tally[name] / (time.monotonic() - began), stage.watch.longest
    _say(f"{name}: {tally[name]:,} inputs, {each:.0f} a second, longest call {longest:.3f} s")
    assert not found, "\n".join([f"SEED={SEED}", *found.values()])


def _numbers(share: Share) -> Iterator[int]:
    """Yield the numbers of the inputs to send, for as long as there is time."""
    if replayed := ONLY.partition(":")[2]:
        yield int(replayed)
    elif SECONDS:
        end = time.monotonic() + SECONDS * share.time
        yield from takewhile(lambda _number: time.monotonic() < end, count())
    else:
        yield from range(share.sends)


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
