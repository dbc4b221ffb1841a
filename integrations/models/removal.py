"""The ledger of removals: one row for each, from the moment it is asked for to its receipt.

A row holds nothing of a customer that could be read: names of organizations, communities and
members are keyed hashes, and what points to their rows is emptied when the purge ends.
"""

import secrets
from datetime import datetime, timedelta

from django.db import models
from django.db.models import F, Q
from django.utils.timezone import now
from uuid_utils.compat import uuid7

# After an uninstall a platform's policy leaves this long until everything has to be gone.
LONGEST_GRACE = timedelta(days=30)
_CODE_BYTES = 16
_HASH_LENGTH = 64


class RemovalReason(models.TextChoices):
    """Origin of the request for a removal."""

    UNINSTALLED = "uninstalled", "uninstalled in the chat target"
    DISCONNECTED = "disconnected", "disconnected by an owner"
    ORGANIZATION_REMOVED = "organization_removed", "organization removed in ovice"
    ERASURE = "erasure", "erasure asked for by a member"
    RESTORED = "restored", "brought back by an old backup"


class RemovalScope(models.TextChoices):
    """Scope of a purge; decided at its begin, except that a member's is known at once.

    So is that of a removal from before a restore, of an organization that lived on.
    """

    UNDECIDED = "", "decided when the purge begins"
    INSTALLATION = "installation", "one generation of a connection"
    ORGANIZATION = "organization", "a whole organization"
    MEMBER = "member", "one member"


class RemovalQuerySet(models.QuerySet["Removal"]):
    """Questions about removals."""

    def open(self) -> "RemovalQuerySet":
        """Those whose purge has not ended."""
        return self.filter(finished_at=None)

    def ready(self, at: datetime) -> "RemovalQuerySet":
        """Those whose purge should begin or go on, what is due first in front."""
        return self.open().filter(purge_at__lte=at).order_by("due_at", "pk")


def new_code() -> str:
    """Return a confirmation code that nobody can guess."""
    return secrets.token_hex(_CODE_BYTES)


class Removal(models.Model):
    """One removal: who asked, what of, until when, how far the purge is, and its receipt.

    ``purge_at`` is when the purge begins, ``due_at`` by when it must have ended. Both may be
    brought forward; nothing moves them back, and the database refuses more than 30 days.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    confirmation_code = models.CharField(max_length=2 * _CODE_BYTES, unique=True, default=new_code)
    reason = models.CharField(max_length=32, choices=RemovalReason)
    scope = models.CharField(
        max_length=16, choices=RemovalScope, default=RemovalScope.UNDECIDED, blank=True
    )
    # Without a constraint: the rows they name are what the purge deletes.
    organization = models.ForeignKey(
        "integrations.Organization", models.DO_NOTHING, null=True, blank=True, db_constraint=False
    )
    installation = models.ForeignKey(
        "integrations.Installation", models.DO_NOTHING, null=True, blank=True, db_constraint=False
    )
    generation = models.PositiveIntegerField(null=True, blank=True)
    # Members are rows of another app, and theirs is gone before this one is done.
    member_id = models.UUIDField(null=True, blank=True, editable=False)
    # Users who owned nothing else when the purge began; emptied when it ends.
    user_ids = models.JSONField(default=list, editable=False)
    organization_hash = models.CharField(max_length=_HASH_LENGTH, blank=True, editable=False)
    community_hash = models.CharField(
        max_length=_HASH_LENGTH, blank=True, editable=False, db_index=True
    )
    member_hash = models.CharField(max_length=_HASH_LENGTH, blank=True, editable=False)
    # Of the platform's request that led to this, by which it is known when it comes again.
    request_hash = models.CharField(
        max_length=_HASH_LENGTH, blank=True, editable=False, db_index=True
    )
    requested_at = models.DateTimeField(default=now, editable=False)
    purge_at = models.DateTimeField(editable=False)
    due_at = models.DateTimeField(editable=False)
    # When links were ended and the queue cancelled; the connection itself stops at once.
    stopped_at = models.DateTimeField(null=True, blank=True, editable=False)
    begun_at = models.DateTimeField(null=True, blank=True, editable=False)
    progressed_at = models.DateTimeField(null=True, blank=True, editable=False)
    finished_at = models.DateTimeField(null=True, blank=True, editable=False)
    failed_at = models.DateTimeField(null=True, blank=True, editable=False)
    failure = models.CharField(max_length=64, blank=True, editable=False)
    # When mails to the owners were written, and when the operator's was sent.
    told_at = models.DateTimeField(null=True, blank=True, editable=False)
    operator_told_at = models.DateTimeField(null=True, blank=True, editable=False)
    alarmed_at = models.DateTimeField(null=True, blank=True, editable=False)
    # The same uninstall notice came again, or an old one after a reinstall.
    repeats = models.PositiveIntegerField(default=0, editable=False)
    repeated_at = models.DateTimeField(null=True, blank=True, editable=False)
    # By table: rows counted when the purge began, and rows counted when it ended.
    progress = models.JSONField(default=dict, editable=False)
    destroyed_keys = models.JSONField(default=list, editable=False)
    receipt = models.JSONField(null=True, blank=True, editable=False)

    objects = RemovalQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(
                    due_at__lte=F("requested_at") + LONGEST_GRACE, purge_at__lte=F("due_at")
                ),
                name="removal_due_within_thirty_days",
            ),
            models.UniqueConstraint("installation", name="removal_once_per_installation"),
        ]
        indexes = [
            models.Index("purge_at", name="removal_open", condition=Q(finished_at=None)),
            models.Index("organization_hash", "reason", name="removal_of_organization"),
        ]

    def __str__(self) -> str:
        return f"removal {self.pk}"
