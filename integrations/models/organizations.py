"""Organizations, their spaces, their data keys, and their connections to a chat target."""

from datetime import datetime, timedelta
from uuid import UUID

from django.db import models, transaction
from django.db.models import Q
from django.utils.timezone import now
from django.utils.translation import gettext_lazy as _
from uuid_utils.compat import uuid7

from integrations.encryption import data_keys
from integrations.encryption.fields import Secret
from integrations.models import removal
from integrations.models.audited import Audited
from integrations.targets.port import Credentials

# Django finds the models of an app in this module only.
Removal = removal.Removal
DataKey = data_keys.DataKey

# ovice's identifiers are opaque strings of at most this length.
OVICE_ID_LENGTH = 64
NAME_LENGTH = 255
LANGUAGE_LENGTH = 16


# An organization that is being purged is nobody's any more: its name in ovice is free again.
CARCASS = "purged:"


class OrganizationManager(models.Manager["Organization"]):
    """Creates organizations together with their data key."""

    @transaction.atomic
    def register(self, ovice_id: str) -> "Organization":
        """Return the organization that ovice calls ``ovice_id``, creating it if it is new."""
        organization, created = self.get_or_create(ovice_id=ovice_id)
        if created:
            DataKey.objects.generate(organization.pk)
        return organization


class CopyShows(models.TextChoices):
    """How much of a DM its copy shows, as the organization's owner chose."""

    FULL = "full", _("the whole text")
    FIRST_WORDS = "first_words", _("the first words")
    NOTICE = "notice", _("only that a message came, and from whom")


class UnconfirmedPolicy(models.TextChoices):
    """Policy for a copy of which nobody can tell whether it arrived."""

    RATHER_TWICE = "rather_twice", _("send it once more: rather twice than never")
    RATHER_NEVER = "rather_never", _("do not send it again: rather never than twice")


class Organization(Audited, models.Model):
    """A customer of ovice; the tenant that every other row reaches."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    ovice_id = models.CharField(max_length=OVICE_ID_LENGTH, unique=True)
    name = models.CharField(max_length=NAME_LENGTH, blank=True)
    plan = models.CharField(max_length=64, blank=True)
    created_at = models.DateTimeField(default=now, editable=False)
    # When ovice last told about each field: an older, late event must not undo a newer one.
    reported = models.JSONField(default=dict, editable=False)
    # ovice's own switch for the feature; off pauses delivery and keeps the links.
    feature_enabled = models.BooleanField(default=True)
    # As of when the whole directory was last applied: what was told before that is out of date.
    directory_at = models.DateTimeField(null=True, blank=True, editable=False)
    removed_at = models.DateTimeField(null=True, blank=True)
    expire_after = models.DurationField(default=timedelta(hours=24))
    # The owner's own switch. It outlives a connection, so that replacing a token resumes nothing.
    paused_at = models.DateTimeField(null=True, blank=True)
    copy_shows = models.CharField(max_length=16, choices=CopyShows, default=CopyShows.FULL)
    unconfirmed_policy = models.CharField(
        max_length=16, choices=UnconfirmedPolicy, default=UnconfirmedPolicy.RATHER_TWICE
    )
    # For those whose own language is not known.
    language = models.CharField(max_length=LANGUAGE_LENGTH, default="en")
    # Whom members ask: often an address, so it is kept encrypted, and destroyed with the key.
    contact_sealed = models.BinaryField(null=True, editable=False)
    # Its column until now, under master keys. Nothing uses it any more; the next release drops it.
    support_contact_sealed = models.BinaryField(null=True, editable=False)

    support_contact = data_keys.SealedText("contact_sealed")

    objects = OrganizationManager()

    def __str__(self) -> str:
        return self.name or self.ovice_id

    @property
    def organization_id(self) -> UUID:
        """The tenant that sealed values are bound to: the organization itself."""
        return self.id


class Space(models.Model):
    """A virtual floor of an organization; its name and domain change, its id does not."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    organization = models.ForeignKey(Organization, models.CASCADE, related_name="spaces")
    ovice_id = models.CharField(max_length=OVICE_ID_LENGTH)
    name = models.CharField(max_length=NAME_LENGTH, blank=True)
    domain = models.CharField(max_length=63, blank=True)
    url = models.CharField(max_length=2048, blank=True)
    reported = models.JSONField(default=dict, editable=False)
    removed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint("organization", "ovice_id", name="space_once_in_organization"),
        ]

    def __str__(self) -> str:
        return self.name or self.ovice_id


class InstallationState(models.TextChoices):
    """Where a connection stands; ``attention`` means that its owner has to act."""

    PENDING = "pending"
    ACTIVE = "active"
    ATTENTION = "attention"
    PAUSED = "paused"
    REMOVED = "removed"
    PURGED = "purged"


class InstallationKind(models.TextChoices):
    """How a connection came about: a pasted token, or an app installed by OAuth."""

    CUSTOM = "custom"
    THIRD_PARTY = "third_party"


LIVE_STATES = (InstallationState.ACTIVE, InstallationState.ATTENTION, InstallationState.PAUSED)
GONE_STATES = (InstallationState.REMOVED, InstallationState.PURGED)


class InstallationQuerySet(models.QuerySet["Installation"]):
    """Questions the relay and the pages ask about installations."""

    def live(self) -> "InstallationQuerySet":
        """Those that exist for their owner, whether or not they can send just now."""
        return self.filter(state__in=LIVE_STATES)

    def sendable(self, at: datetime) -> "InstallationQuerySet":
        """Those that may send at this moment."""
        return self.filter(
            Q(held_until=None) | Q(held_until__lte=at),
            state=InstallationState.ACTIVE,
            organization__removed_at=None,
            organization__feature_enabled=True,
            organization__paused_at=None,
        )


class Installation(Audited, models.Model):
    """One generation of an organization's connection to one community of a chat target."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    organization = models.ForeignKey(Organization, models.CASCADE, related_name="installations")
    target = models.CharField(max_length=32)
    kind = models.CharField(max_length=16, choices=InstallationKind)
    generation = models.PositiveIntegerField()
    state = models.CharField(
        max_length=16, choices=InstallationState, default=InstallationState.PENDING
    )
    attention_reason = models.CharField(max_length=32, blank=True)
    attention_at = models.DateTimeField(null=True, blank=True)
    held_until = models.DateTimeField(null=True, blank=True)
    hold_reason = models.CharField(max_length=32, blank=True)
    community_id = models.CharField(max_length=64, blank=True)
    community_name = models.CharField(max_length=NAME_LENGTH, blank=True)
    bot_id = models.CharField(max_length=64, blank=True)
    bot_name = models.CharField(max_length=NAME_LENGTH, blank=True)
    install_id = models.CharField(max_length=64, blank=True)
    access_token_sealed = models.BinaryField(null=True, editable=False)
    app_secret_sealed = models.BinaryField(null=True, editable=False)
    # The last proof of life: a check or a delivery that worked.
    proven_at = models.DateTimeField(null=True, blank=True)
    next_check_at = models.DateTimeField(null=True, blank=True, db_index=True)
    # Why the last check was not answered, and since when; empty while all is well.
    trouble = models.CharField(max_length=32, blank=True)
    trouble_at = models.DateTimeField(null=True, blank=True)
    # Permissions granted, by the target's own names; empty where it does not tell.
    permissions = models.JSONField(default=list, editable=False)
    connected_at = models.DateTimeField(null=True, blank=True)
    # When its owner put the next generation in its place; links and waiting messages went there.
    replaced_at = models.DateTimeField(null=True, blank=True)
    # When its target last told us something on its own, and whether it ever did.
    told_at = models.DateTimeField(null=True, blank=True)
    # Since when nothing but unproven webhooks has come; None as soon as it tells us anything.
    refused_at = models.DateTimeField(null=True, blank=True, editable=False)
    # When it last accepted a DM, give or take a few minutes.
    sent_at = models.DateTimeField(null=True, blank=True)
    removed_at = models.DateTimeField(null=True, blank=True)

    access_token = Secret("access_token_sealed")
    app_secret = Secret("app_secret_sealed")

    objects = InstallationQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                "organization", "target", "generation", name="installation_generation_once"
            ),
            models.UniqueConstraint(
                "organization",
                "target",
                condition=Q(state__in=LIVE_STATES),
                name="installation_one_live_per_target",
            ),
            models.UniqueConstraint(
                "target",
                "community_id",
                condition=Q(state__in=LIVE_STATES) & ~Q(community_id=""),
                name="installation_one_organization_per_community",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.target} {self.community_name or self.community_id} ({self.state})"

    def credentials(self) -> Credentials:
        """Return what this installation shows to its target; empty once it is removed."""
        of_app = self.kind == InstallationKind.THIRD_PARTY
        return Credentials(self.access_token or "", self.app_secret or "", of_app=of_app)


class CallbackQuerySet(models.QuerySet["Callback"]):
    """Questions about what ovice is to be told."""

    def open(self) -> "CallbackQuerySet":
        """Those that are neither delivered nor given up."""
        return self.filter(delivered_at=None, given_up_at=None)

    def to_tell(self) -> "CallbackQuerySet":
        """Those of them that ovice would understand: of organizations that are not being purged."""
        return self.open().exclude(organization__ovice_id__startswith=CARCASS)

    def dead_letters(self) -> "CallbackQuerySet":
        """Those that were given up."""
        return self.filter(given_up_at__isnull=False)


class Callback(models.Model):
    """One thing ovice is to be told: ids and states only, so nothing here is personal.

    ``status`` is what ovice last answered: an HTTP status, 0 for no answer, None before the first
    try. ``claimed_at`` says since when somebody is telling it.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    organization = models.ForeignKey(Organization, models.CASCADE, related_name="callbacks")
    type = models.CharField(max_length=64)
    data = models.JSONField(default=dict)
    happened_at = models.DateTimeField(default=now)
    due_at = models.DateTimeField(default=now)
    tries = models.PositiveSmallIntegerField(default=0)
    status = models.PositiveSmallIntegerField(null=True, blank=True)
    claimed_at = models.DateTimeField(null=True, blank=True)
    delivered_at = models.DateTimeField(null=True, blank=True)
    given_up_at = models.DateTimeField(null=True, blank=True)

    objects = CallbackQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(
                "organization",
                "id",
                name="callback_open",
                condition=Q(delivered_at=None, given_up_at=None),
            ),
            models.Index(
                "due_at", name="callback_due", condition=Q(delivered_at=None, given_up_at=None)
            ),
            models.Index(
                "status", name="callback_given_up", condition=Q(given_up_at__isnull=False)
            ),
            models.Index("happened_at", name="callback_age"),
        ]

    def __str__(self) -> str:
        return f"{self.type} {self.pk}"
