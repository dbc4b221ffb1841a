"""The tables about people that hold data of customers, in the order in which rows can go."""

from uuid import UUID

from django.db.models import Exists, OuterRef, Q

from accounts.members.erasure import erase_account
from accounts.models import Choices, Link, Member, Ownership, User
from accounts.owners.ownership import ownerships_of
from integrations.models import CARCASS
from integrations.models.removal import RemovalScope
from integrations.removal.data_map import Aged, Hooks, Subject, Table


def owners(subject: Subject) -> Q:
    """Return the condition for users who would be left without any organization.

    These are an organization's owners, or the one user as whom a member is an owner. Staff are the
    operator's people. Once the purge has begun, its own list counts: who owns nothing for other
    reasons is not this customer's.
    """
    of_subject = _ownerships(subject)
    ownerships = Ownership.objects.filter(user=OuterRef("pk"))
    return Q(
        Exists(ownerships.filter(of_subject)) | Q(pk__in=subject.user_ids),
        # An organization that is being purged as well is no other home.
        ~Exists(ownerships.exclude(of_subject | Q(organization__ovice_id__startswith=CARCASS))),
        is_staff=False,
        is_superuser=False,
    )


def users_of(subject: Subject) -> list[UUID]:
    """Return the users who go with the subject."""
    return list(User.objects.filter(owners(subject)).values_list("pk", flat=True))


def _ownerships(subject: Subject) -> Q:
    if subject.scope == RemovalScope.MEMBER:
        return ownerships_of(Member.objects.filter(pk__in=subject.ids()))
    whole = subject.scope == RemovalScope.ORGANIZATION
    return Q(organization__in=subject.ids() if whole else ())


def _of_owners(subject: Subject) -> Q:
    return Q(user__in=User.objects.filter(owners(subject)))


def _confirmations(subject: Subject) -> Q:
    return Q(email_address__user__in=User.objects.filter(owners(subject)))


def _of_organization_or_owners(subject: Subject) -> Q:
    return Q(organization__in=subject.ids()) | _of_owners(subject)


def _mails_to_member(subject: Subject) -> Q:
    """Mails to the member as an owner here, also where they own other organizations as well."""
    mine = Ownership.objects.filter(_ownerships(subject))
    here = Q(organization__in=mine.values("organization"), user__in=mine.values("user"))
    return here | _of_owners(subject)


def _told_of(subject: Subject) -> Q:
    """Callbacks about a member; one that is still to be told goes once it is told."""
    ended = Q(delivered_at__isnull=False) | Q(given_up_at__isnull=False)
    return _callbacks_about(subject) & ended


def _callbacks_about(subject: Subject) -> Q:
    condition = Q(pk__in=[])
    for member in Member.objects.filter(pk__in=subject.ids()):
        condition |= Q(organization=member.organization_id, data__member__id=member.ovice_id)
    return condition


TABLES = (
    # Callbacks about an installation outlive it until they are told.
    Table("integrations.Callback", "organization", member=_told_of, naming=_callbacks_about),
    Table("account.EmailConfirmation", _confirmations, member=_confirmations),
    Table("account.EmailAddress", _of_owners, member=_of_owners),
    Table("mfa.Authenticator", _of_owners, member=_of_owners),
    Table("accounts.User_groups", _of_owners, member=_of_owners),
    Table("accounts.User_user_permissions", _of_owners, member=_of_owners),
    Table("accounts.InstallRequest", _of_organization_or_owners, member=_of_owners),
    Table("accounts.OwnerMail", _of_organization_or_owners, member=_mails_to_member),
    Table("accounts.Ownership", _of_organization_or_owners, member=_ownerships),
    Table("accounts.User", owners, member=owners),
    Table("accounts.DirectorySync", "organization"),
    Table("accounts.Choices", "organization", member="member"),
    Table("accounts.Link", "organization", "installation", "member"),
    Table("accounts.Member", "organization", member="pk"),
)
WITHOUT_CUSTOMERS: dict[str, str] = {
    "accounts.UsedLaunch": "hashes of launch tokens, gone within two hours of their end",
    "accounts.SignInCode": "what anybody typed as an address, sealed, and gone within two hours",
}
AGED = (
    Aged("accounts.OwnerMail", "created_at"),
    Aged("accounts.UsedLaunch", "expires_at"),
    Aged("accounts.SignInCode", "created_at"),
    Aged("accounts.InstallRequest", "expires_at"),
    Aged("accounts.Choices", "member__removed_at"),
    Aged("accounts.Link", "removed_at", unless=Q(deliveries__isnull=False)),
    Aged(
        "accounts.Member",
        "removed_at",
        unless=Q(Exists(Link.objects.filter(member=OuterRef("pk"))))
        | Q(Exists(Choices.objects.filter(member=OuterRef("pk")))),
    ),
)
HOOKS = Hooks(users_of=users_of, erase_account=erase_account)
