"""The bot's rows: what a chat target told us on its own, and our talk with one person."""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.timezone import now
from uuid_utils.compat import uuid7

from integrations.models import Installation, Organization
from integrations.targets.events import CODE_LENGTH, KEY_LENGTH, UpdateKind

# Facts about our own messages; the other kinds are wishes of people to the bot.
FACTS = (UpdateKind.ECHOED, UpdateKind.REACHED, UpdateKind.SEEN)
TALKED = (UpdateKind.WROTE, UpdateKind.TAPPED, UpdateKind.SPOKE_IN_GROUP)


class ReceivedUpdate(models.Model):
    """One thing a chat target told us on its own, stored before anything is done about it.

    Never what somebody wrote: only that they did, or which of our buttons they tapped. A word that
    does what a button does is kept as a tap of it.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    # Up to a thousand come in one post, all of installations that are locked for them: looking for
    # the other end of each reference once more would take longer than all the rest.
    organization = models.ForeignKey(
        Organization, models.CASCADE, related_name="+", db_constraint=False, db_index=False
    )
    installation = models.ForeignKey(
        Installation, models.CASCADE, related_name="updates", db_constraint=False, db_index=False
    )
    key = models.CharField(max_length=KEY_LENGTH)
    kind = models.CharField(max_length=16, choices=[(kind, kind) for kind in UpdateKind])
    account_id = models.CharField(max_length=64)
    code = models.CharField(max_length=CODE_LENGTH, blank=True)
    reference = models.CharField(max_length=CODE_LENGTH, blank=True)
    message_ids = models.JSONField(default=list)
    happened_at = models.DateTimeField()
    received_at = models.DateTimeField(default=now)
    handled_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint("installation", "key", name="update_once_per_installation"),
        ]
        indexes = [
            models.Index(
                "installation",
                "account_id",
                "happened_at",
                name="update_unhandled",
                condition=Q(handled_at=None),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"


class Conversation(models.Model):
    """The bot's own talk with one person; ``owed`` is the answer they still have to get.

    One worker at a time speaks with a person, for as long as ``leased_until`` says.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    organization = models.ForeignKey(Organization, models.CASCADE, related_name="+")
    installation = models.ForeignKey(Installation, models.CASCADE, related_name="conversations")
    account_id = models.CharField(max_length=64)
    leased_until = models.DateTimeField(null=True, blank=True)
    # When anything last happened in it.
    spoken_at = models.DateTimeField(default=now, db_default=Now())
    owed = models.CharField(max_length=32, blank=True)
    owed_at = models.DateTimeField(null=True, blank=True)
    tries = models.PositiveSmallIntegerField(default=0)
    # When the latest tap that was obeyed was made: an earlier one may come in after it.
    tapped_at = models.DateTimeField(null=True, blank=True)
    # When the person was last told that nobody reads here, and that groups are not for us.
    noted_at = models.DateTimeField(null=True, blank=True)
    group_noted_at = models.DateTimeField(null=True, blank=True)
    # Answers since ``counted_at``, so that two bots that meet fall silent.
    answers = models.PositiveSmallIntegerField(default=0)
    counted_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                "installation", "account_id", name="conversation_once_per_account"
            ),
        ]
        indexes = [
            models.Index("owed_at", name="conversation_owed", condition=~Q(owed="")),
        ]

    def __str__(self) -> str:
        return f"conversation {self.pk}"
