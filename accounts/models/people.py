"""People: those who sign in here, those in an organization's directory, and their links."""

from datetime import datetime, timedelta
from typing import Any, ClassVar
from uuid import UUID

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import models
from django.db.models import Q
from django.utils.functional import cached_property
from django.utils.timezone import now
from django.utils.translation import gettext_lazy as _
from uuid_utils.compat import uuid7

from accounts.models import directory_passes
from accounts.models.addresses import HASH_LENGTH, Address
from accounts.models.redaction import redact_email
from core.addresses import is_mailable, normalize_email
from integrations.encryption.data_keys import SealedText
from integrations.encryption.fields import StraySecret
from integrations.models import NAME_LENGTH, OVICE_ID_LENGTH, Installation, Organization
from integrations.models.audited import Audited
from integrations.models.removal import Removal

# Django finds the models of an app in this module only.
DirectorySync = directory_passes.DirectorySync

LOCALE_LENGTH = 16
# Only a launch shows this permission and nothing tells of its end, so it has to be shown anew.
PERMISSION_LASTS = timedelta(hours=24)


class UserManager(BaseUserManager["User"]):
    """Creates users, who are known by their address alone."""

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        """Create a user; without a password nobody can sign in with one."""
        user = self.model(email=normalize_email(email), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None) -> "User":  # noqa: ARG002 - Django's signature
        """Create an administrator, as `manage.py createsuperuser` does.

        A password is not kept: nobody signs in with one.
        """
        return self.create_user(email, is_staff=True, is_superuser=True)

    def get_by_natural_key(self, username: str | None) -> "User":
        """Return the user with this address, however it is written."""
        return super().get_by_natural_key(normalize_email(username or ""))


class User(AbstractBaseUser, PermissionsMixin):
    """User who signs in to this site: an owner, support, or an administrator."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    email = models.EmailField(unique=True)
    locale = models.CharField(max_length=LOCALE_LENGTH, default="en")
    is_staff = models.BooleanField(default=False)
    is_active = models.BooleanField(default=True)
    joined_at = models.DateTimeField(default=now, editable=False)

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    objects = UserManager()

    @classmethod
    def normalize_username(cls, username: str) -> str:
        """Return the one form of an address; Django's forms ask for it before they compare."""
        return normalize_email(username)

    def end_sessions(self) -> None:
        """End every session of this user, wherever it is open.

        A session stands on the password's hash. There are no passwords; its place is random.
        """
        self.set_unusable_password()
        self.save(update_fields=["password"])

    def clean(self) -> None:
        """Refuse an address to which no code can be mailed, as an administrator types it."""
        super().clean()
        if not is_mailable(self.email):
            raise ValidationError({"email": validate_email.message})

    def __str__(self) -> str:
        # It stands in histories and messages, where an address does not belong.
        return redact_email(self.email)

    @cached_property
    def owned_organization_ids(self) -> frozenset[UUID]:
        """The organizations this user owns, asked once for as long as the object lives."""
        standing = self.ownerships.exclude(lapsed_at(now()))
        return frozenset(standing.values_list("organization_id", flat=True))


class Role(models.TextChoices):
    """A person's role in ovice."""

    OWNER = "owner"
    ADMIN = "admin"
    MEMBER = "member"
    VISITOR = "visitor"
    GUEST = "guest"


# Visitors and guests pass through; the others are "organization users" and may link.
ORGANIZATION_USERS = (Role.OWNER, Role.ADMIN, Role.MEMBER)


class Member(models.Model):
    """A person in an organization's directory; address and name are kept encrypted."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    organization = models.ForeignKey(Organization, models.CASCADE, related_name="members")
    ovice_id = models.CharField(max_length=OVICE_ID_LENGTH)
    role = models.CharField(max_length=16, choices=Role, default=Role.MEMBER)
    locale = models.CharField(max_length=LOCALE_LENGTH, blank=True)
    email_sealed = models.BinaryField(null=True, editable=False)
    # By which somebody is found who types their address; set together with it.
    email_hash = models.CharField(max_length=HASH_LENGTH, blank=True, editable=False, db_index=True)
    email_verified = models.BooleanField(default=False)
    name_sealed = models.BinaryField(null=True, editable=False)
    reported = models.JSONField(default=dict, editable=False)
    # When an owner last had them invited to link.
    invited_at = models.DateTimeField(null=True, blank=True)
    removed_at = models.DateTimeField(null=True, blank=True)

    email = Address("email_sealed", "email_hash")
    name = SealedText("name_sealed")

    class Meta:
        constraints = [
            models.UniqueConstraint("organization", "ovice_id", name="member_once_in_organization"),
        ]

    def __str__(self) -> str:
        return self.ovice_id


class Ground(models.TextChoices):
    """Why ovice lets somebody set an organization up."""

    OWNER = "owner", _("organization owner")
    PERMISSION = "permission", _("integrations permission")


def lapsed_at(at: datetime) -> Q:
    """Return the condition for ownerships that no longer stood then; all others did."""
    return Q(ground=Ground.PERMISSION, granted_at__lt=at - PERMISSION_LASTS)


class Ownership(Audited, models.Model):
    """A user who may set an organization up; the row goes when ovice says that they no longer may.

    ``ovice_id`` is the person's account in ovice, empty where ownership did not come from ovice.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = models.ForeignKey(User, models.CASCADE, related_name="ownerships")
    organization = models.ForeignKey(Organization, models.CASCADE, related_name="ownerships")
    ovice_id = models.CharField(max_length=OVICE_ID_LENGTH, blank=True)
    ground = models.CharField(max_length=16, choices=Ground, default=Ground.OWNER)
    granted_at = models.DateTimeField(default=now)

    class Meta:
        constraints = [
            models.UniqueConstraint("user", "organization", name="ownership_once"),
            models.UniqueConstraint(
                "organization",
                "ovice_id",
                condition=~Q(ovice_id=""),
                name="ownership_once_per_person",
            ),
        ]

    def __str__(self) -> str:
        return f"ownership {self.pk}"


class UsedLaunch(models.Model):
    """A launch token that has been used, known by a hash, until it could not be used anyway."""

    token_hash = models.CharField(max_length=64, primary_key=True)
    expires_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return f"launch used, forgotten after {self.expires_at}"


class SignInCode(models.Model):
    """A code asked for by somebody who typed an address, whether or not we know it.

    Rows are made alike for every address, so that nobody can tell from the answer which are known.
    Only hashes tell address and code; the address itself is sealed for the one mail.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    address_hash = models.CharField(max_length=HASH_LENGTH, editable=False)
    address_sealed = models.BinaryField(editable=False)
    code_sealed = models.BinaryField(editable=False)
    language = models.CharField(max_length=LOCALE_LENGTH)
    created_at = models.DateTimeField(default=now, db_index=True)
    expires_at = models.DateTimeField()
    mailed_at = models.DateTimeField(null=True)
    used_at = models.DateTimeField(null=True)
    failures = models.PositiveSmallIntegerField(default=0)

    address = StraySecret("address_sealed")
    code = StraySecret("code_sealed")

    def __str__(self) -> str:
        return f"sign-in code {self.pk}"


class LinkQuerySet(models.QuerySet["Link"]):
    """Questions about links."""

    def active(self) -> "LinkQuerySet":
        """Those that have not been removed."""
        return self.filter(removed_at=None)


class Link(models.Model):
    """A member's account in the chat target, valid in all spaces of the organization."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    organization = models.ForeignKey(Organization, models.CASCADE, related_name="links")
    member = models.ForeignKey(Member, models.CASCADE, related_name="links")
    installation = models.ForeignKey(Installation, models.CASCADE, related_name="links")
    account_id = models.CharField(max_length=64)
    # Those of earlier generations: what the target told under them has to go with the member.
    former_account_ids = models.JSONField(default=list, db_default=[], editable=False)
    account_name_sealed = models.BinaryField(null=True, editable=False)
    locale = models.CharField(max_length=LOCALE_LENGTH, blank=True)
    linked_at = models.DateTimeField(default=now)
    # When the target last said that the member's address leads to this account.
    checked_at = models.DateTimeField(default=now)
    # Since when the target takes nothing for this account, though it is the member's.
    attention_at = models.DateTimeField(null=True, blank=True)
    attention_reason = models.CharField(max_length=32, blank=True)
    # When the member was told in the target that they are linked.
    greeted_at = models.DateTimeField(null=True, blank=True)
    # Set while ``account_id`` is that of an earlier generation: ids are scoped to the app, so
    # nothing is sent to it before it has been looked up anew.
    unresolved_at = models.DateTimeField(null=True, blank=True)
    removed_at = models.DateTimeField(null=True, blank=True)
    removed_reason = models.CharField(max_length=32, blank=True)

    account_name = SealedText("account_name_sealed")

    objects = LinkQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                "member", "installation", condition=Q(removed_at=None), name="link_once_per_member"
            ),
            models.UniqueConstraint(
                "installation",
                "account_id",
                condition=Q(removed_at=None, unresolved_at=None),
                name="link_once_per_account",
            ),
        ]
        indexes = [
            models.Index(
                "installation",
                "checked_at",
                name="link_longest_unchecked",
                condition=Q(removed_at=None),
            ),
            models.Index("account_id", name="link_to_account"),
        ]

    def __str__(self) -> str:
        return f"link {self.pk}"


class Choices(models.Model):
    """Choices of a member about their own copies; no row means the defaults.

    Quiet hours are two wall clock times in the member's own time zone and may span midnight. The
    decisions that follow from a row are made in ``accounts.members.preferences``.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    organization = models.ForeignKey(Organization, models.CASCADE, related_name="+")
    member = models.OneToOneField(Member, models.CASCADE, related_name="choices")
    paused_until = models.DateTimeField(null=True, blank=True)
    quiet_from = models.TimeField(null=True, blank=True)
    quiet_until = models.TimeField(null=True, blank=True)
    time_zone = models.CharField(max_length=64, default="UTC")
    text_shown = models.BooleanField(default=True)
    # Since when something has waited for the member's rest to end.
    kept_waiting_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name_plural = "choices"
        constraints = [
            models.CheckConstraint(
                condition=Q(quiet_from=None, quiet_until=None)
                | Q(quiet_from__isnull=False, quiet_until__isnull=False),
                name="choices_quiet_hours_whole",
            ),
        ]

    def __str__(self) -> str:
        return f"choices of {self.member_id}"


class InstallRequest(models.Model):
    """An install of a target's app on its way: from its start, or its code, to a connection.

    ``key_hash`` is the SHA-256 of what brings the visitor back to it: the ``state`` that the target
    returns, or a cookie of their browser. The rows live for minutes.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    target = models.CharField(max_length=32)
    key_hash = models.CharField(max_length=64, unique=True)
    session_hash = models.CharField(max_length=64, blank=True)
    user = models.ForeignKey(User, models.CASCADE, null=True, blank=True, related_name="+")
    organization = models.ForeignKey(
        Organization, models.CASCADE, null=True, blank=True, related_name="+"
    )
    code_sealed = models.BinaryField(null=True, editable=False)
    token_sealed = models.BinaryField(null=True, editable=False)
    # Where in the target its owner goes on afterwards; empty where the target does not ask.
    return_to = models.CharField(max_length=2048, blank=True)
    # Question to its owner before it goes on: to leave the present community for this one, or to
    # try again after a refusal.
    community = models.CharField(max_length=80, blank=True)
    community_name = models.CharField(max_length=NAME_LENGTH, blank=True)
    notice = models.CharField(max_length=32, blank=True)
    created_at = models.DateTimeField(default=now, editable=False)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True, blank=True)

    code = StraySecret("code_sealed")
    token = StraySecret("token_sealed")

    def __str__(self) -> str:
        return f"install request {self.pk}"


class OwnerMailKind(models.TextChoices):
    """Kind of mail to an owner."""

    ATTENTION = "attention"
    HEALED = "healed"
    DEAF = "deaf"
    DIRECTORY = "directory"
    REMOVAL = "removal"


class OwnerMail(models.Model):
    """One e-mail to one owner; what it says is made of the rows when it is sent.

    ``target`` is empty where no chat target is concerned.

    ``claimed_at`` without ``sent_at`` or a further try means that nobody knows whether it left;
    it is not sent again.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    organization = models.ForeignKey(Organization, models.CASCADE, related_name="+")
    user = models.ForeignKey(User, models.CASCADE, related_name="+")
    kind = models.CharField(max_length=16, choices=OwnerMailKind)
    target = models.CharField(max_length=32, blank=True)
    reason = models.CharField(max_length=32, blank=True)
    removal = models.ForeignKey(Removal, models.CASCADE, null=True, blank=True, related_name="+")
    created_at = models.DateTimeField(default=now, editable=False)
    due_at = models.DateTimeField(default=now)
    claimed_at = models.DateTimeField(null=True, blank=True)
    sent_at = models.DateTimeField(null=True, blank=True)
    tries = models.PositiveSmallIntegerField(default=0)

    class Meta:
        indexes = [
            models.Index("due_at", name="owner_mail_waiting", condition=Q(claimed_at=None)),
        ]

    def __str__(self) -> str:
        return f"{self.kind} mail {self.pk}"
