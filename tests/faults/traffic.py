"""Traffic for the fault tests: writers like ovice, who always have some DMs in hand."""

import json
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from itertools import cycle
from typing import Any
from uuid import uuid4

import requests

from config.demo.system import System
from tests.factories import EVENTS, rfc3339, sign
from tests.faults import rows
from tests.faults.arrivals import Arrivals

# A writer stops for a moment when so many of its DMs have not come yet: there is always a backlog,
# and it takes no longer to carry than a test has patience, however slow the machine is.
BACKLOG = 12
# The least that has to wait over all when harm is done.
ENOUGH = 0.75
PAUSE = 0.05
# How long each call takes, after the pretend Workplace has accepted it.
LATENCY = 0.1
DRAIN_SECONDS = 90
RETRY_SECONDS = 0.2
_ONCE = {"Connection": "close"}


@dataclass
class Recipient:
    """A linked member: their place, their id in ovice, and the DMs that were accepted, in order."""

    place: int
    member: str
    accepted: list[int] = field(default_factory=list)


@dataclass(frozen=True)
class Office:
    """One organization with linked members, without webhooks: no echo can settle a doubt."""

    system: System
    organization: str
    recipients: list[Recipient]
    arrivals: Arrivals
    # Where ovice may knock; each try goes to the next one. Without any, the system's own address.
    doors: list[str] = field(default_factory=list)
    # Why tries failed.
    refused: list[str] = field(default_factory=list)

    @classmethod
    def open(cls, system: System, size: int) -> "Office":
        """Make the organization, its community and its people, and connect and link them."""
        community = system.control("POST", "workplace/communities", {"name": "Acme"})["id"]
        app = system.control(
            "POST", f"workplace/communities/{community}/integrations", {"name": "ovice DM"}
        )
        organization = system.control("POST", "ovice/organizations", {"name": "Acme"})["id"]
        people = [_person(system, organization, community, place) for place in range(size)]
        order = {
            "organization": organization,
            "access_token": app["access_token"],
            "app_secret": app["app_secret"],
            "members": [person.member for person in people],
        }
        system.manage("connecting and linking", "demo_connect", stdin=order)
        slow = {"kind": "slow", "seconds": LATENCY, "when": "after", "endpoint": "me/messages"}
        system.control("POST", "workplace/faults", slow)
        return cls(system, organization, people, Arrivals(system.sandbox_url))

    @contextmanager
    def traffic(self) -> Iterator[None]:
        """Let everybody be written to at once, by one writer each, until the block ends."""
        stop = threading.Event()
        threads = [threading.Thread(target=self._follow, args=(stop,))]
        threads += [
            threading.Thread(target=self._write, args=(stop, recipient))
            for recipient in self.recipients
        ]
        for thread in threads:
            thread.start()
        try:
            self._wait("a backlog", lambda: self.waiting() >= self._enough())
            yield
        finally:
            stop.set()
            for thread in threads:
                thread.join()

    def waiting(self) -> int:
        """Return how many accepted DMs have not come yet, as far as is known."""
        return sum(map(self._waiting_for, self.recipients))

    def drain(self) -> None:
        """Wait until all that was accepted has come and every doubt is settled."""
        url = self.system.children.env["DATABASE_URL"]

        def done() -> bool:
            self.arrivals.look()
            return not self.waiting() and not rows.still_open(url)

        self._wait("every accepted DM", done)

    def doubles(self) -> Counter[str]:
        """Check that all came in order, to the right person, and twice only where we own up to it.

        Returns what came more than once, and how often more. A repeat follows what it repeats at
        once: nothing of the same person goes between.
        """
        self.arrivals.check_recipients()
        for recipient in self.recipients:
            came = self.arrivals.in_order(recipient.place)
            assert came == recipient.accepted
        repeats = self.arrivals.repeats()
        hidden = repeats - rows.doubts(self.system.children.env["DATABASE_URL"])
        assert not hidden, f"came twice, and no doubt about it was ever listed: {hidden}"
        return repeats

    def _enough(self) -> float:
        return ENOUGH * BACKLOG * len(self.recipients)

    def _waiting_for(self, recipient: Recipient) -> int:
        return max(0, len(recipient.accepted) - self.arrivals.different(recipient.place))

    def _wait(self, what: str, ready: Any) -> None:
        self.system.children.wait_until(what, ready, seconds=DRAIN_SECONDS)

    def _follow(self, stop: threading.Event) -> None:
        while not stop.wait(PAUSE):
            self.arrivals.look()

    def _write(self, stop: threading.Event, recipient: Recipient) -> None:
        """Write one DM after the other; each is posted until it is answered, as ovice does."""
        with requests.Session() as session:
            while not stop.is_set():
                if self._waiting_for(recipient) >= BACKLOG:
                    stop.wait(PAUSE)
                    continue
                number = len(recipient.accepted) + 1
                body, event_id = self._event(recipient, number), f"evt_{uuid4().hex}"
                end = time.monotonic() + DRAIN_SECONDS
                while not self._post(session, body, event_id):
                    assert time.monotonic() < end, "nobody accepts any more"
                    time.sleep(RETRY_SECONDS)
                recipient.accepted.append(number)

    def _post(self, session: requests.Session, body: bytes, event_id: str) -> bool:
        secret = self.system.children.env["OVICE_EVENT_SECRETS"]
        headers = sign(body, event_id=event_id, secret=secret)
        url = f"{next(self._turns)}{EVENTS}"
        try:
            # As the proxy in front does, which keeps no connection.
            answer = session.post(url, data=body, headers={**headers, **_ONCE}, timeout=10)
        except requests.RequestException as error:
            self.refused.append(type(error).__name__)
            return False
        assert answer.status_code in (202, 503), answer.text
        if answer.status_code != 202:
            self.refused.append(f"{answer.status_code}")
        return answer.status_code == 202

    @cached_property
    def _turns(self) -> Iterator[str]:
        return cycle(self.doors or [self.system.base_url])

    def _event(self, recipient: Recipient, number: int) -> bytes:
        moment, name = rfc3339(), f"{recipient.place}-{number}"
        data = {
            "organization": {"id": self.organization},
            "message": {"id": name, "text": f"DM {name}", "sent_at": moment},
            "mention": {"scope": "user"},
            "sender": {"id": "123456", "name": "Taro"},
            "recipients": [{"id": recipient.member, "type": "user"}],
        }
        document = {"type": "message.direct.created", "timestamp": moment, "data": data}
        return json.dumps(document).encode()


def _person(system: System, organization: str, community: str, place: int) -> Recipient:
    person: dict[str, Any] = {"name": f"Member {place}", "email": f"member{place}@example.com"}
    tenant = f"ovice/organizations/{organization}"
    member = system.control("POST", f"{tenant}/people", {**person, "role": "member"})["id"]
    system.control("POST", f"workplace/communities/{community}/members", person)
    return Recipient(place, member)
