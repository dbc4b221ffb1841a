"""Passes over an organization's whole directory, as ovice has it: how the last one went."""

from django.db import models
from django.utils.timezone import now

from integrations.models import Organization


class DirectorySync(models.Model):
    """How one organization's directory was last read from ovice, and when it is read again.

    ``stopped_at`` says since when a pass waits for somebody to confirm that so many people left:
    ``leaving`` of ``present``. Up to ``confirmed`` of them may then go.
    """

    organization = models.OneToOneField(
        Organization, models.CASCADE, primary_key=True, related_name="directory_sync"
    )
    due_at = models.DateTimeField(default=now, db_index=True)
    claimed_at = models.DateTimeField(null=True, blank=True)
    applied_at = models.DateTimeField(null=True, blank=True)
    generation = models.CharField(max_length=128, blank=True)
    members = models.PositiveIntegerField(default=0)
    failed_at = models.DateTimeField(null=True, blank=True)
    failures = models.PositiveSmallIntegerField(default=0)
    failure = models.CharField(max_length=32, blank=True)
    stopped_at = models.DateTimeField(null=True, blank=True)
    leaving = models.PositiveIntegerField(default=0)
    present = models.PositiveIntegerField(default=0)
    confirmed = models.PositiveIntegerField(default=0)

    def __str__(self) -> str:
        return f"directory of {self.organization_id}"
