"""Arrivals by the sandbox's list of received calls alone: who got which DM, how often, in order.

The list is read on from where it was read last, so that looking costs the sandbox next to nothing
however much has come.
"""

import json
import re
import threading
import time
from collections import Counter, defaultdict
from typing import Any

import requests

DM = re.compile(r"DM (\d+)-(\d+)")
# A request that was cut off while it was read never gets an end. One whose worker was frozen in the
# middle of it does: given up too early it would be missing for good.
ABANDONED_SECONDS = 15.0


class Arrivals:
    """The DMs in the order in which they were accepted; a recipient is known by their place."""

    def __init__(self, sandbox_url: str) -> None:
        self._url = f"{sandbox_url}/control/workplace/calls"
        self._http = requests.Session()
        self._http.trust_env = False
        self._lock = threading.Lock()
        self._after = 0
        self._accounts: dict[int, set[str]] = defaultdict(set)
        self.came: dict[int, list[int]] = defaultdict(list)

    def look(self) -> None:
        """Take note of the calls that were accepted since."""
        with self._lock:
            answer = self._http.get(self._url, params={"after": str(self._after)}, timeout=30)
            for call in answer.json()["data"]:
                if not _is_decided(call):
                    return
                self._after = call["number"]
                if call["accepted"] and call["path"].endswith("me/messages"):
                    self._note(call)

    def _note(self, call: dict[str, Any]) -> None:
        found = DM.search(json.dumps(call["body"].get("message")))
        if found is None:
            return
        place, number = int(found[1]), int(found[2])
        self._accounts[place].add(call["recipient"]["id"])
        self.came[place].append(number)

    def different(self, place: int) -> int:
        """Return how many DMs have come for this recipient, repeats not counted."""
        return len(set(self.came[place]))

    def in_order(self, place: int) -> list[int]:
        """Return the numbers that came, without a repeat that follows what it repeats at once."""
        came = self.came[place]
        return [n for n, before in zip(came, [0, *came], strict=False) if n != before]

    def repeats(self) -> Counter[str]:
        """Return what came more than once, and how often more."""
        found: Counter[str] = Counter()
        for place, came in self.came.items():
            copies = Counter(came)
            found += Counter({f"{place}-{n}": times - 1 for n, times in copies.items()})
        return found

    def check_recipients(self) -> None:
        """Each recipient has one account, and no two share one."""
        accounts = [account for ids in self._accounts.values() for account in ids]
        assert len(accounts) == len(set(accounts)) == len(self._accounts)


def _is_decided(call: dict[str, Any]) -> bool:
    """Return whether it is known if this call is accepted."""
    is_over = call["accepted"] or call["status"] is not None
    return is_over or time.time() - call["received_at"] > ABANDONED_SECONDS
