"""Faults on request: which call meets which, and what it does to the answer."""

import random
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from aiohttp import web

from sandbox.workplace.errors import GraphError
from sandbox.workplace.records import Member
from sandbox.workplace.replies import Reply

DELAYS = frozenset({"slow", "latency"})
ACCEPTING = frozenset({"cut_after", "cut_answer", "empty", "broken_json", "missing_field"})
OUTCOMES = ACCEPTING | {"error", "html", "missing_type", "cut_before"}
DISTRIBUTIONS = frozenset({"fixed", "uniform", "exponential", "lognormal"})
HTML = b"<!DOCTYPE html><html><body><h1>Sorry, something went wrong.</h1></body></html>"
SERVER_ERROR = 500


@dataclass
class Fault:
    """One fault and the calls it meets.

    `calls` counts down and `share` is drawn from a generator of its own, seeded, so that a run
    can be repeated. `accepted` says whether the call takes effect all the same.
    """

    kind: str
    fault_id: int = 0
    calls: int | None = None
    share: float = 1.0
    seed: int = 0
    recipient: str = ""
    endpoint: str = ""
    page_id: str = ""
    accepted: bool | None = None
    seconds: float = 0.0
    when: str = "before"
    distribution: str = "fixed"
    spread: float = 0.5
    code: int = 1
    subcode: int | None = None
    message: str = ""
    status: int = 0
    type: str = "OAuthException"
    is_transient: bool | None = None
    headers: dict[str, str] = field(default_factory=dict)
    after_bytes: int = 0
    met: int = 0
    _random: random.Random = field(default_factory=random.Random, repr=False)

    def __post_init__(self) -> None:
        """Seed the generator."""
        self._random = random.Random(self.seed)  # noqa: S311 - repeatable, guards nothing

    @property
    def accepts(self) -> bool:
        """Tell whether the call takes effect although its answer is spoilt."""
        return self.kind in ACCEPTING if self.accepted is None else self.accepted

    def meets(self, endpoint: str, page_id: str | None, member: Member | None) -> bool:
        """Tell whether this call meets the fault, and count it if so."""
        if self.calls == 0 or (self.endpoint and self.endpoint != endpoint):
            return False
        if self.page_id and self.page_id != page_id:
            return False
        if self.recipient and not _is(member, self.recipient):
            return False
        if self._random.random() >= self.share:
            return False
        self.met += 1
        if self.calls is not None:
            self.calls -= 1
        return True

    def delay(self) -> float:
        """Draw how many seconds the call takes longer."""
        match self.distribution:
            case "uniform":
                return self._random.uniform(0, 2 * self.seconds)
            case "exponential":
                return self._random.expovariate(1 / self.seconds) if self.seconds else 0.0
            case "lognormal":
                return self.seconds * self._random.lognormvariate(0, self.spread)
        return self.seconds

    def spoil(self, reply: Reply) -> Reply:
        """Turn the proper reply, or an empty one for a call without effect, into the fault's."""
        if self.kind in ("cut_before", "cut_after"):
            return Reply.silence()
        if self.kind == "cut_answer":
            return replace(reply, keep_bytes=self.after_bytes)
        if self.kind == "html":
            return Reply(self.status or SERVER_ERROR, HTML, "text/html", dict(self.headers))
        bodies = {"empty": b"", "broken_json": reply.body[:-2], "missing_field": b"{}"}
        if self.kind in bodies:
            return Reply(self.status or 200, bodies[self.kind])
        return Reply.refused(self._error())

    def _error(self) -> GraphError:
        if self.kind == "missing_type":
            return GraphError(1, "An unknown error occurred", status=SERVER_ERROR, type="")
        return GraphError(
            code=self.code,
            message=self.message or f"(#{self.code}) The sandbox was asked to refuse this call.",
            status=self.status or 400,
            type=self.type,
            subcode=self.subcode,
            is_transient=self.is_transient,
            headers=dict(self.headers),
        )

    def shown(self) -> dict[str, Any]:
        """Return the fault for the control API."""
        values = asdict(self)
        del values["_random"]
        return values


class Faults:
    """The faults in force, oldest first."""

    def __init__(self) -> None:
        """Start without any."""
        self._faults: list[Fault] = []
        self._last_id = 0

    def add(self, fault: Fault) -> Fault:
        """Put a fault into force and number it."""
        self._last_id += 1
        fault.fault_id = self._last_id
        self._faults.append(fault)
        return fault

    def remove(self, fault_id: int | None = None) -> int:
        """Lift one fault, or all; return how many were lifted."""
        kept = [] if fault_id is None else [f for f in self._faults if f.fault_id != fault_id]
        removed = len(self._faults) - len(kept)
        self._faults = kept
        return removed

    def all(self) -> list[dict[str, Any]]:
        """Return the faults in force, spent ones too, with how many calls each met."""
        return [fault.shown() for fault in self._faults]

    def met_by(self, endpoint: str, page_id: str | None, member: Member | None) -> list[Fault]:
        """Return the faults a call meets: all delays, and the first that changes the answer."""
        met: list[Fault] = []
        for fault in self._faults:
            is_delay = fault.kind in DELAYS
            if not is_delay and any(other.kind not in DELAYS for other in met):
                continue
            if fault.meets(endpoint, page_id, member):
                met.append(fault)
        return met


def _is(member: Member | None, wanted: str) -> bool:
    return member is not None and wanted in (member.member_id, member.email)


FAULTS: web.AppKey[Faults] = web.AppKey("faults", Faults)
