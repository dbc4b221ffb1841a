"""Incidents: what the audit found amiss, from its first sight to its end.

One row for each, so that every process sees the same, and each is written about once. They hold
ids, counts and times: nothing of a message, nothing of a person.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import models, transaction
from django.db.models import Q
from django.utils.timezone import now
from uuid_utils.compat import uuid7

from integrations.models import Installation, Organization
from messaging.models.incident_kinds import ABOUT_ALL, NOTICES, WORDS, Kind, Words

KEY_LENGTH = 120
# Trouble seen only once may be a process that is just being restarted; counted in runs, a little
# less than one, since they do not come to the second.
CONFIRMED_AFTER = 0.8
# An incident is over when so many audits did not see it.
OVER_AFTER = 3


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing an audit found: what kind, whose, and the figures its words need.

    ``about`` names what it concerns where that is neither an organization nor an installation, such
    as a chat target.
    """

    kind: Kind
    organization_id: UUID | None = None
    installation_id: UUID | None = None
    about: str = ""
    facts: dict[str, Any] = field(default_factory=dict)

    @property
    def key(self) -> str:
        """Return what tells this trouble from any other that may stand at the same time."""
        return f"{self.kind}:{self.installation_id or self.organization_id or self.about}"


class IncidentQuerySet(models.QuerySet["Incident"]):
    """Questions about incidents."""

    def open(self) -> "IncidentQuerySet":
        """Those that are not over, also the ones seen only once."""
        return self.filter(ended_at=None)

    def confirmed(self) -> "IncidentQuerySet":
        """Those that were seen by more than one audit."""
        return self.filter(confirmed_at__isnull=False)

    def of(self, organization: Organization | None) -> "IncidentQuerySet":
        """Those of one organization, or all; those about the whole service belong to nobody."""
        return self if organization is None else self.filter(organization=organization)


class Incident(models.Model):
    """Something amiss, as long as it lasts."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    key = models.CharField(max_length=KEY_LENGTH, editable=False)
    kind = models.CharField(max_length=32)
    organization = models.ForeignKey(
        Organization, models.CASCADE, null=True, blank=True, related_name="incidents"
    )
    installation = models.ForeignKey(
        Installation, models.CASCADE, null=True, blank=True, related_name="incidents"
    )
    about = models.CharField(max_length=32, blank=True)
    facts = models.JSONField(default=dict)
    began_at = models.DateTimeField(default=now)
    seen_at = models.DateTimeField(default=now)
    confirmed_at = models.DateTimeField(null=True, blank=True)
    # When the operator was written to: of it, and of its end.
    told_at = models.DateTimeField(null=True, blank=True)
    end_told_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    objects = IncidentQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                "key", condition=Q(ended_at=None), name="incident_open_once_per_trouble"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"

    @property
    def is_notice(self) -> bool:
        """Whether it may well be harmless, so that nobody is woken by it."""
        return self.kind in NOTICES

    @property
    def text(self) -> str:
        """Say what is amiss, in the language in force."""
        return str(self._words().text) % self._values()

    @property
    def look_at(self) -> str:
        """Say to the operator what to look at, in the language in force."""
        return str(self._words().look_at) % self._values()

    def _words(self) -> Words:
        """Return the words of its kind; a later version may have left one unknown here."""
        known = self.kind in set(Kind)
        return WORDS[Kind(self.kind)] if known else Words(self.kind, "")

    def _values(self) -> dict[str, Any]:
        return {**ABOUT_ALL, "about": self.about, **self.facts}


class Audit(models.Model):
    """The one row by which the processes take turns, and which says how the last audit went."""

    name = models.CharField(primary_key=True, max_length=16)
    due_at = models.DateTimeField(default=now)
    ran_at = models.DateTimeField(null=True, blank=True)
    # When all was last found well.
    well_at = models.DateTimeField(null=True, blank=True)
    # The kind of exception that ended the last audit early; empty if none did.
    failure = models.CharField(max_length=64, blank=True)

    def __str__(self) -> str:
        return self.name


def open_incidents(organization: Organization | None = None) -> IncidentQuerySet:
    """Return what is amiss at this moment, the longest first.

    With an organization: what concerns only it. Without one: everything, also what concerns the
    whole service; that is for staff. Each incident's ``text`` says what is amiss; ``look_at`` what
    to look at, in words for an operator; ``is_notice`` that it may be harmless.
    """
    incidents = Incident.objects.open().confirmed().of(organization)
    return incidents.select_related("organization", "installation").order_by("began_at", "pk")


def recent_incidents(
    organization: Organization | None = None, *, days: int = 7
) -> IncidentQuerySet:
    """Return what is amiss, or was within so many days, the newest first; else as above."""
    recent = Q(ended_at=None) | Q(ended_at__gte=now() - timedelta(days=days))
    incidents = Incident.objects.confirmed().of(organization).filter(recent)
    return incidents.select_related("organization", "installation").order_by("-began_at", "-pk")


def note(findings: Iterable[Finding], at: datetime) -> None:
    """Write down what an audit found at ``at``, and end what it did not find any more."""
    for finding in findings:
        _note(finding, at)
    gone = Incident.objects.open().filter(seen_at__lte=at - OVER_AFTER * settings.AUDIT_EVERY)
    # Trouble that was never confirmed was none.
    gone.filter(confirmed_at=None).delete()
    gone.update(ended_at=at)


@transaction.atomic
def _note(finding: Finding, at: datetime) -> None:
    incident, is_new = Incident.objects.open().get_or_create(
        key=finding.key,
        defaults={
            "kind": finding.kind,
            "organization_id": finding.organization_id,
            "installation_id": finding.installation_id,
            "about": finding.about,
            "facts": finding.facts,
            "began_at": at,
            "seen_at": at,
        },
    )
    if is_new:
        return
    incident.seen_at, incident.facts = at, finding.facts
    if (
        incident.confirmed_at is None
        and at - incident.began_at >= CONFIRMED_AFTER * settings.AUDIT_EVERY
    ):
        incident.confirmed_at = at
    incident.save(update_fields=["seen_at", "facts", "confirmed_at"])
