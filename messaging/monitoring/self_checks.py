"""Self-checks: does everything that was accepted end as it should, and is every part there?

It asks with queries of its own (``messaging.audits``), writes incidents down, tells the operator,
and shows the outside that all is well. It needs neither beat nor a worker: every process of ours
tries to take the next turn (``watch``), and the row ``Audit`` gives it to one of them.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime

import structlog
from django.conf import settings
from django.db.models import Count
from django.utils.timezone import now

from messaging.models import Audit, Incident
from messaging.models.incident_kinds import NOTICES, Kind
from messaging.models.monitoring import Finding, note
from messaging.monitoring import (
    canary,
    components,
    heartbeat,
    incident_mail,
    outcomes,
    usual_traffic,
    waiting,
)

logger = structlog.stdlib.get_logger(__name__)

NAME = "audit"
_LEFT_UNDONE = {Kind.STUCK, Kind.BEHIND, Kind.CALLBACKS_WAIT, Kind.LINKS_WAIT}
# Effects that each of these explains are no trouble of their own.
_EXPLAINS = {
    **dict.fromkeys((Kind.BROKER_AWAY, Kind.NO_WORKER, Kind.BEAT_MISSING), _LEFT_UNDONE),
    Kind.STUCK: {Kind.NOTHING_DELIVERED},
}
QUESTIONS: tuple[Callable[[datetime], Iterator[Finding]], ...] = (
    components.find,
    waiting.find,
    outcomes.find,
    usual_traffic.find,
    canary.find,
)


@dataclass(frozen=True, slots=True)
class Report:
    """Findings of one run; ``failure`` names the exception that kept a question unanswered."""

    findings: tuple[Finding, ...]
    failure: str = ""

    @property
    def is_well(self) -> bool:
        """Whether every question was answered and nothing but notices was found."""
        return not self.failure and all(found.kind in NOTICES for found in self.findings)


def audit(at: datetime) -> Report:
    """Ask every question and return what was found; changes nothing.

    A question that fails does not keep the others from being asked.
    """
    found: list[Finding] = []
    failure = ""
    for ask in QUESTIONS:
        try:
            found += ask(at)
        except Exception as error:
            # A run that is half blind must say so, and go on, whatever the error is.
            logger.exception("a question of the audit could not be answered")
            failure = type(error).__name__[:64]
    return Report(tuple(_unexplained(found)), failure)


def _unexplained(found: list[Finding]) -> Iterator[Finding]:
    kinds = {finding.kind for finding in found}
    explained = {kind for cause in kinds for kind in _EXPLAINS.get(cause, ())}
    yield from (finding for finding in found if finding.kind not in explained)


def audit_if_due() -> bool:
    """Audit, and act on what was found, if it is time and nobody else does; return whether."""
    at = now()
    if not take_turn(at):
        return False
    report = audit(at)
    note(report.findings, at)
    row = Audit.objects.filter(name=NAME)
    row.update(ran_at=at, failure=report.failure, **({"well_at": at} if report.is_well else {}))
    # Before the mails: a mail server that hangs must not look like a service that is dead.
    if report.is_well or _something_stands():
        heartbeat.send(is_well=report.is_well)
    incident_mail.tell(at)
    # Last, since it does what every event does, and may fail as that may.
    canary.send_due(at)
    return True


def _something_stands() -> bool:
    """Return whether an incident is confirmed; before that the monitor is told nothing."""
    return Incident.objects.open().confirmed().exclude(kind__in=NOTICES).exists()


def incidents_by_kind() -> dict[Kind, int]:
    """Return how many incidents of each kind are confirmed and not over."""
    open_ones = Incident.objects.open().confirmed()
    counts = dict(open_ones.values_list("kind").annotate(Count("pk")).order_by())
    return {kind: counts.get(kind.value, 0) for kind in Kind}


def audited_at() -> datetime | None:
    """Return when the last audit was made, by any process anywhere; None if never."""
    row = Audit.objects.filter(name=NAME).first()
    return row.ran_at if row else None


def take_turn(at: datetime) -> bool:
    """Return whether the caller is to audit now; of all who ask, that is one."""
    row, _ = Audit.objects.get_or_create(name=NAME, defaults={"due_at": at})
    if row.due_at > at:
        # Nearly always; an update would wait for whoever writes.
        return False
    due = Audit.objects.filter(name=NAME, due_at__lte=at)
    return bool(due.update(due_at=at + settings.AUDIT_EVERY))
