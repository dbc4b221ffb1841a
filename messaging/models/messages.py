"""The relay's rows: received events, messages, deliveries, attempts and lanes.

A delivery's row is the truth about it; whatever is queued is only a hint to look at the row.
"""

from datetime import timedelta
from uuid import UUID

from django.db import models
from django.db.models import Q
from django.utils.timezone import now
from uuid_utils.compat import uuid7

from accounts.models import Link, Member
from integrations.encryption.data_keys import SealedText
from integrations.models import OVICE_ID_LENGTH, Installation, Organization
from messaging.models import bot, monitoring

# Django finds the models of an app in this module only.
Incident, Audit = monitoring.Incident, monitoring.Audit
ReceivedUpdate, Conversation = bot.ReceivedUpdate, bot.Conversation

# Longer than any id a target is known to give.
MESSAGE_ID_LENGTH = 255


class ReceivedEvent(models.Model):
    """One event of ovice's, so that the same event of an organization never works twice."""

    # ``messaging.ingest.ingest.event_key`` of organization and id. The version before kept the bare
    # id in this column; its rows age out.
    key = models.CharField(primary_key=True, max_length=64, db_column="event_id")
    ovice_id = models.CharField(max_length=OVICE_ID_LENGTH, default="", db_default="")
    organization = models.ForeignKey(Organization, models.CASCADE, null=True, blank=True)
    type = models.CharField(max_length=64)
    # Tells a retry from another event that wrongly carries the same id.
    body_digest = models.BinaryField(max_length=32, editable=False)
    outcome = models.CharField(max_length=32)
    received_at = models.DateTimeField(default=now, db_index=True)

    class Meta:
        indexes = [models.Index("ovice_id", name="event_by_ovice_id")]

    def __str__(self) -> str:
        return self.ovice_id


class Message(models.Model):
    """One DM accepted from ovice; its content lives only until it is settled."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    organization = models.ForeignKey(
        Organization, models.CASCADE, related_name="messages", db_index=False
    )
    event_id = models.CharField(max_length=OVICE_ID_LENGTH, db_index=True)
    ovice_id = models.CharField(max_length=OVICE_ID_LENGTH)
    recipient_ovice_id = models.CharField(max_length=OVICE_ID_LENGTH)
    space_ovice_id = models.CharField(max_length=OVICE_ID_LENGTH, blank=True)
    # JSON of messaging.delivery.content.Content; None as soon as nobody needs it any more.
    content_sealed = models.BinaryField(null=True, editable=False)
    sent_at = models.DateTimeField()
    accepted_at = models.DateTimeField(default=now)
    skipped_reason = models.CharField(max_length=32, blank=True)
    # When its sender deleted it; such a row may stand for a message that has not come in yet.
    deleted_at = models.DateTimeField(null=True, blank=True)

    # When its sender last changed the text, in milliseconds since 1970; 0 if never.
    edition = models.PositiveBigIntegerField(default=0)

    content = SealedText("content_sealed")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                "organization", "ovice_id", "recipient_ovice_id", name="message_once_per_recipient"
            ),
        ]
        indexes = [
            models.Index("organization", "id", name="message_of_organization"),
            models.Index("recipient_ovice_id", "id", name="message_to_recipient"),
            models.Index(
                "skipped_reason", "id", name="message_skipped", condition=~Q(skipped_reason="")
            ),
        ]

    def __str__(self) -> str:
        return self.ovice_id


class Mentioned(models.Model):
    """One person whom a message named beside others, and who asks why it did not come.

    Such a message is not carried, and so has no recipient.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    organization = models.ForeignKey(Organization, models.CASCADE, related_name="+", db_index=False)
    message = models.ForeignKey(Message, models.CASCADE, related_name="mentioned")
    ovice_id = models.CharField(max_length=OVICE_ID_LENGTH)

    class Meta:
        indexes = [
            models.Index("organization", "ovice_id", "message", name="mentioned_member"),
        ]

    def __str__(self) -> str:
        return f"mentioned {self.pk}"


class DeliveryState(models.TextChoices):
    """Where a delivery stands; ``unconfirmed`` left us and nobody knows whether it arrived."""

    PENDING = "pending"
    SENDING = "sending"
    UNCONFIRMED = "unconfirmed"
    DELIVERED = "delivered"
    FAILED = "failed"
    EXPIRED = "expired"
    CANCELLED = "cancelled"


WAITING_STATES = (DeliveryState.PENDING, DeliveryState.UNCONFIRMED)
OPEN_STATES = (*WAITING_STATES, DeliveryState.SENDING)


# The reason of a delivery that waits until its recipient's rest is over.
RESTING = "resting"


class DeliveryQuerySet(models.QuerySet["Delivery"]):
    """Questions the relay asks about deliveries."""

    def open(self) -> "DeliveryQuerySet":
        """Those whose end is not yet known."""
        return self.filter(state__in=OPEN_STATES)

    def waiting(self) -> "DeliveryQuerySet":
        """Those that nobody is sending at this moment."""
        return self.filter(state__in=WAITING_STATES)

    def failed(self) -> "DeliveryQuerySet":
        """Those that were given up: the dead letters."""
        return self.filter(state=DeliveryState.FAILED)


class Delivery(models.Model):
    """One message on its way to one link."""

    # Also the reference that comes back in the target's echo.
    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    organization = models.ForeignKey(
        Organization, models.CASCADE, related_name="deliveries", db_index=False
    )
    # Its index would repeat the one of the constraint below.
    message = models.ForeignKey(Message, models.CASCADE, related_name="deliveries", db_index=False)
    installation = models.ForeignKey(Installation, models.CASCADE, related_name="deliveries")
    link = models.ForeignKey(Link, models.CASCADE, related_name="deliveries")
    lane = models.PositiveSmallIntegerField()
    state = models.CharField(max_length=16, choices=DeliveryState, default=DeliveryState.PENDING)
    reason = models.CharField(max_length=32, blank=True)
    # When ovice sent the message: the order in which one recipient gets them.
    sent_at = models.DateTimeField()
    due_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    claimed_at = models.DateTimeField(null=True, blank=True)
    settled_at = models.DateTimeField(null=True, blank=True)
    # The lane's fence at the time of the claim; a worker with an older one may not settle.
    fence = models.PositiveBigIntegerField(default=0)
    tries = models.PositiveSmallIntegerField(default=0)
    unconfirmed_tries = models.PositiveSmallIntegerField(default=0)
    # A long message goes out in several texts; those before this one have arrived.
    parts_sent = models.PositiveSmallIntegerField(default=0)
    # So many of them have come back as an echo, which proves it even where the answer got lost.
    parts_echoed = models.PositiveSmallIntegerField(default=0)
    target_message_id = models.CharField(max_length=MESSAGE_ID_LENGTH, blank=True)
    # When the target told that it stood on the recipient's device, and that they saw it.
    reached_at = models.DateTimeField(null=True, blank=True)
    seen_at = models.DateTimeField(null=True, blank=True)

    # Known only of deliveries that were read ahead: whether the message's space is gone, whether
    # its sender has deleted it, the recipient's next one, and whether the message has another.
    space_removed: bool
    taken_back: bool
    followed: UUID | None
    shared: bool

    objects = DeliveryQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "deliveries"
        constraints = [
            models.UniqueConstraint("message", "link", name="delivery_once_per_link"),
        ]
        indexes = [
            # Reading ahead: the oldest of each recipient in a lane.
            models.Index(
                "installation",
                "lane",
                "link",
                "sent_at",
                "id",
                name="delivery_head_in_lane",
                condition=Q(state__in=OPEN_STATES),
            ),
            # The sweep: which lanes have something due, and what was left behind while sending.
            models.Index(
                "installation",
                "lane",
                "due_at",
                name="delivery_due_in_lane",
                condition=Q(state__in=WAITING_STATES),
            ),
            models.Index(
                "claimed_at", name="delivery_sending", condition=Q(state=DeliveryState.SENDING)
            ),
            models.Index(
                "link",
                "sent_at",
                "id",
                name="delivery_open_of_link",
                condition=Q(state__in=OPEN_STATES),
            ),
            # When a link last carried something.
            models.Index(
                "link",
                "settled_at",
                name="delivery_delivered_of_link",
                condition=Q(state=DeliveryState.DELIVERED),
            ),
            models.Index(
                "expires_at", name="delivery_expiring", condition=Q(state__in=WAITING_STATES)
            ),
            # A failed delivery keeps its text until then, for the case that it is replayed.
            models.Index(
                "expires_at", name="delivery_failed", condition=Q(state=DeliveryState.FAILED)
            ),
            # The portal: an organization's newest, what did not just arrive, by the chat's id.
            models.Index("organization", "id", name="delivery_of_organization"),
            models.Index("reason", "id", name="delivery_with_reason", condition=~Q(reason="")),
            models.Index(
                "target_message_id",
                name="delivery_by_target_message",
                condition=~Q(target_message_id=""),
            ),
        ]

    def __str__(self) -> str:
        return f"delivery {self.pk}"


class Outcome(models.TextChoices):
    """How one call ended: it was accepted, it was not, or nobody knows."""

    SENT = "sent"
    NOT_SENT = "not_sent"
    UNCONFIRMED = "unconfirmed"


class Attempt(models.Model):
    """One call made for a delivery; never anything of its text."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    organization = models.ForeignKey(
        Organization, models.CASCADE, related_name="attempts", db_index=False
    )
    delivery = models.ForeignKey(Delivery, models.CASCADE, related_name="attempts")
    outcome = models.CharField(max_length=16, choices=Outcome)
    reason = models.CharField(max_length=32, blank=True)
    code = models.CharField(max_length=32, blank=True)
    trace = models.CharField(max_length=64, blank=True)
    started_at = models.DateTimeField()
    duration = models.DurationField(null=True)

    class Meta:
        indexes = [
            models.Index("organization", "id", name="attempt_of_organization"),
            models.Index("outcome", "id", name="attempt_in_vain", condition=~Q(outcome="sent")),
        ]

    def __str__(self) -> str:
        return f"{self.outcome} {self.reason}".strip()


class Lane(models.Model):
    """A fixed slice of an installation's recipients, drained by one worker at a time.

    ``leased_until`` says who may drain it until when; ``fence`` grows with every lease, so that a
    worker that slept through the end of its lease cannot write over its successor's work.
    """

    id = models.BigAutoField(primary_key=True)
    installation = models.ForeignKey(Installation, models.CASCADE, related_name="lanes")
    number = models.PositiveSmallIntegerField()
    fence = models.PositiveBigIntegerField(default=0)
    leased_until = models.DateTimeField(null=True, blank=True)
    # Set while a wake-up is queued and not yet taken up: further ones would be superfluous.
    woken_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint("installation", "number", name="lane_once_per_installation"),
        ]

    def __str__(self) -> str:
        return f"lane {self.number} of {self.installation_id}"


class Outage(models.Model):
    """How a chat target as a whole is doing; no row means that it never failed.

    ``began_at`` is set while it is down. ``over_at`` tells when it last came back.
    """

    target = models.CharField(primary_key=True, max_length=32)
    # Calls that failed by the target's fault without one between that was answered.
    failures = models.PositiveIntegerField(default=0)
    began_at = models.DateTimeField(null=True, blank=True)
    # Before this nobody calls; then one delivery asks.
    probe_at = models.DateTimeField(null=True, blank=True)
    probes = models.PositiveIntegerField(default=0)
    over_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return self.target


# Lanes of an installation in which nothing is sent but its bot's work is done: above any number
# of lanes for deliveries. Facts a target tells of its messages have a lane of their own.
FACTS_LANE = 1000
# So many of a tenant's people the bot speaks with at once.
TALK_LANES = tuple(range(FACTS_LANE + 1, FACTS_LANE + 5))


def lane_number(link_id: UUID, lanes: int) -> int:
    """Return the lane, from 0 to ``lanes`` - 1, in which this link's deliveries always fall."""
    # The low bits of a UUIDv7 are random.
    return link_id.int % lanes


class Canary(models.Model):
    """One member of an organization who agreed to get a test message so often."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    organization = models.OneToOneField(Organization, models.CASCADE, related_name="canary")
    member = models.ForeignKey(Member, models.CASCADE, related_name="+")
    every = models.DurationField(default=timedelta(minutes=15))
    # The last one sent. No foreign key: its rows age like all others.
    message_id = models.UUIDField(null=True, blank=True, editable=False)
    sent_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"canary {self.pk}"

    def last_latency(self) -> timedelta | None:
        """Return how long the last one took from its acceptance; None while it has not arrived."""
        if self.message_id is None:
            return None
        arrived = Delivery.objects.filter(message_id=self.message_id, state=DeliveryState.DELIVERED)
        ends = arrived.values_list("settled_at", "message__accepted_at")
        return next((end - begin for end, begin in ends if end is not None), None)
