"""Traffic for the fault tests: writers like ovice, and a checker that believes only the sandbox."""

import json
import re
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

NUMBER = re.compile(r"DM (\d+)")
# Between two DMs of one writer: together they write faster than the relay sends.
PAUSE = 0.02
# How long each call takes, after the pretend Workplace has accepted it.
LATENCY = 0.15
DRAIN_SECONDS = 90
RETRY_SECONDS = 0.2
_ONCE = {"Connection": "close"}


@dataclass
class Recipient:
    """A linked member: ids on either side, and what ovice was told is accepted, in order."""

    member: str
    account: str
    accepted: list[int] = field(default_factory=list)


@dataclass(frozen=True)
class Office:
    """One organization with linked members, without webhooks: no echo can settle a doubt."""

    system: System
    organization: str
    recipients: list[Recipient]
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
        people = [_person(system, organization, community, number) for number in range(size)]
        order = {
            "organization": organization,
            "access_token": app["access_token"],
            "app_secret": app["app_secret"],
            "members": [person.member for person in people],
        }
        system.manage("connecting and linking", "demo_connect", stdin=order)
        slow = {"kind": "slow", "seconds": LATENCY, "when": "after", "endpoint": "me/messages"}
        system.control("POST", "workplace/faults", slow)
        return cls(system, organization, people)

    @contextmanager
    def traffic(self) -> Iterator[None]:
        """Let everybody be written to at once, by one writer each."""
        stop = threading.Event()
        writers = [
            threading.Thread(target=self._write, args=(recipient, stop))
            for recipient in self.recipients
        ]
        for writer in writers:
            writer.start()
        try:
            yield
        finally:
            stop.set()
            for writer in writers:
                writer.join()

    def _write(self, recipient: Recipient, stop: threading.Event) -> None:
        """Write one DM after the other; each is posted until it is answered, as ovice does."""
        with requests.Session() as session:
            while not stop.wait(PAUSE):
                number = recipient.accepted[-1] + 1 if recipient.accepted else 1
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
        moment = rfc3339()
        data = {
            "organization": {"id": self.organization},
            "message": {"id": uuid4().hex, "text": f"DM {number}", "sent_at": moment},
            "mention": {"scope": "user"},
            "sender": {"id": "123456", "name": "Taro"},
            "recipients": [{"id": recipient.member, "type": "user"}],
        }
        document = {"type": "message.direct.created", "timestamp": moment, "data": data}
        return json.dumps(document).encode()

    # --- What came ---------------------------------------------------------------------------

    def received(self, recipient: Recipient) -> list[int]:
        """Return the numbers of the DMs in this person's chat, in the order in which they came."""
        chat = self.system.control("GET", f"workplace/messages?member={recipient.account}")
        found = (NUMBER.search(message["text"] or "") for message in chat["data"])
        return [int(match[1]) for match in found if match]

    def waiting(self) -> int:
        """Return how many accepted DMs have not come yet."""
        return sum(len(set(r.accepted) - set(self.received(r))) for r in self.recipients)

    def drain(self) -> None:
        """Wait until all that was accepted has come."""
        self.system.children.wait_until(
            "every accepted DM", lambda: not self.waiting(), seconds=DRAIN_SECONDS
        )

    def doubles(self) -> Counter[int]:
        """Check that all came in order; return what came more than once, and how often more.

        A repeat follows what it repeats at once: nothing of the same person goes between.
        """
        found: Counter[int] = Counter()
        for place, recipient in enumerate(self.recipients):
            received = self.received(recipient)
            once = [n for n, before in zip(received, [0, *received], strict=False) if n != before]
            assert once == recipient.accepted
            repeats = Counter(received) - Counter(once)
            found += Counter({place * 10**6 + n: times for n, times in repeats.items()})
        return found


def _person(system: System, organization: str, community: str, number: int) -> Recipient:
    person: dict[str, Any] = {"name": f"Member {number}", "email": f"member{number}@example.com"}
    tenant = f"ovice/organizations/{organization}"
    member = system.control("POST", f"{tenant}/people", {**person, "role": "member"})["id"]
    path = f"workplace/communities/{community}/members"
    return Recipient(member, system.control("POST", path, person)["id"])
