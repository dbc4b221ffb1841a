"""Owners as ovice tells of them: who may set an organization up, and until when.

An owner arrives by a launch from ovice, and an ownership ends as soon as ovice says so: another
role, no permission any more, no longer a member. A person is known by organization and id, both
ovice's; the user behind it is whoever has the address.
"""

from collections.abc import Iterable
from contextlib import suppress
from datetime import datetime

from auditlog.context import disable_auditlog
from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.timezone import now

from accounts.models import Ground, Member, Ownership, Role, User, lapsed_at
from accounts.models.addresses import address_hashes
from accounts.owners.audit_log import forget_history
from core.addresses import is_mailable, normalize_email
from core.languages import language_of

# As long as a user's address can be kept, and as mail servers take.
EMAIL_LENGTH = 254
_AT_ONCE = 100


class NotAnOwner(Exception):
    """This person cannot be an owner here; ``code`` names the text that tells them why."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@transaction.atomic
def grant_ownership(member: Member, ground: Ground, *, proved: bool = False) -> User:
    """Make ``member`` an owner of their organization and return the user they sign in as.

    The caller has checked that ovice says so. An owner of something already has a user of their
    own: only a member who has ``proved`` to us that they read the address is taken for them. Raises
    ``NotAnOwner`` for this, for an address that is not verified, and for one that belongs to the
    operator's staff, whom no customer may let in.
    """
    if not member.email or not member.email_verified:
        raise NotAnOwner("email_unverified")
    if not _is_usable(member.email):
        raise NotAnOwner("address_unusable")
    held = _held_by(member).select_related("user")
    if not all(one.user.is_active for one in held):
        raise NotAnOwner("account_inactive")
    user = _user_with(normalize_email(member.email), member)
    known = any(one.user_id == user.pk for one in held)
    _refuse_as(user, member, proved=proved)
    _end(held.exclude(user=user))
    Ownership.objects.update_or_create(
        user=user,
        organization=member.organization,
        defaults={"ovice_id": member.ovice_id, "ground": ground, "granted_at": now()},
    )
    if not known:
        # A session under this address was never asked whether it is this person's.
        user.end_sessions()
    if user.locale != language_of(member.locale):
        user.locale = language_of(member.locale)
        user.save(update_fields=["locale"])
    return user


def grant_by_address(email: str, came: Member | None = None, ground: str = "") -> None:
    """Make whoever has just proved ``email`` an owner where ovice's directory calls them one.

    So an owner gets in who has not come from ovice before, as when the install began elsewhere.
    ``came`` is the member whom a launch has just let in, and ``ground`` on what it would make them
    an owner, where that needed this proof.
    """
    owners = Member.objects.select_related("organization").filter(
        email_hash__in=address_hashes(email),
        email_verified=True,
        role=Role.OWNER,
        removed_at=None,
        organization__removed_at=None,
    )
    grounds = dict.fromkeys(owners, Ground.OWNER)
    if came is not None and ground and came.email_hash in address_hashes(email):
        grounds[came] = Ground(ground)
    for member, why in grounds.items():
        with suppress(NotAnOwner):
            grant_ownership(member, why, proved=True)


def ownerships_of(members: Iterable[Member]) -> Q:
    """Return the condition for what these members own in their organizations.

    An ownership that did not come from ovice is known by the address.
    """
    condition = Q(pk__in=[])
    for member in members:
        here = Q(organization=member.organization_id)
        condition |= here & Q(ovice_id=member.ovice_id)
        if member.email and member.email_verified:
            condition |= here & Q(ovice_id="", user__email=normalize_email(member.email))
    return condition


def _is_usable(email: str) -> bool:
    """Return whether mail can be sent there; ovice's addresses may be longer and stranger."""
    return is_mailable(email) and len(normalize_email(email)) <= EMAIL_LENGTH


def _user_with(email: str, member: Member) -> User:
    """Return the user with this address, or a new one: a user is a mailbox, and never renamed.

    The row stays locked until the end of the transaction: of two people who come at the same moment
    the second one meets what the first one owns.
    """
    made = {"password": make_password(None), "locale": language_of(member.locale)}
    free = User.objects.select_for_update(no_key=True)
    user, _created = free.get_or_create(email=email, defaults=made)
    return user


def _refuse_as(user: User, member: Member, *, proved: bool) -> None:
    """Raise ``NotAnOwner`` where ``member`` may not come in as ``user``."""
    if user.is_staff or user.is_superuser:
        raise NotAnOwner("staff_address")
    if not user.is_active:
        raise NotAnOwner("account_inactive")
    if not proved and _is_somebody(user, member):
        raise NotAnOwner("address_in_use")


def _held_by(member: Member) -> "QuerySet[Ownership]":
    """Return what a person owns. ovice's ids of people count within their organization."""
    return Ownership.objects.filter(organization=member.organization_id, ovice_id=member.ovice_id)


def _is_somebody(user: User, member: Member) -> bool:
    """Return whether this user owns something otherwise than as ``member``."""
    theirs = user.ownerships.filter(
        organization=member.organization_id, ovice_id__in=["", member.ovice_id]
    )
    return user.ownerships.exclude(pk__in=theirs).exists()


def _end(ownerships: "QuerySet[Ownership]") -> None:
    """End ownerships with all sessions of their users; one by one, so that each is recorded."""
    for ownership in ownerships.select_related("user"):
        ownership.user.end_sessions()
        ownership.delete()


def end_ownership(
    member: Member, ground: Ground | None = None, *, before: datetime | None = None
) -> None:
    """End what ``member`` owns in their organization.

    With ``ground`` only what stands on it, with ``before`` only what was granted by then.
    """
    theirs = _held_by(member)
    if ground is not None:
        theirs = theirs.filter(ground=ground)
    if before is not None:
        theirs = theirs.filter(granted_at__lte=before)
    _end(theirs)


def keep_ownership_in_step(member: Member, *, moved: bool) -> None:
    """Let what ovice told about ``member`` count for their ownership; never grants one.

    ``moved`` says that the address became another one. Their ownerships pass to the new one's user
    where that is verified and nobody's yet; else they end until they come back from ovice. A user
    who has been closed here keeps it: the person is known by that.
    """
    if member.role != Role.OWNER:
        end_ownership(member, Ground.OWNER)
    held = _held_by(member).select_related("user").first() if moved else None
    if held is None or not held.user.is_active:
        return
    email = normalize_email(member.email or "")
    is_staff = held.user.is_staff or held.user.is_superuser
    may_pass = member.email_verified and _is_usable(email) and not is_staff
    end_ownership(member)
    if may_pass and not User.objects.filter(email=email).exists():
        Ownership.objects.create(
            user=_user_with(email, member),
            organization_id=member.organization_id,
            ovice_id=member.ovice_id,
            ground=held.ground,
            granted_at=held.granted_at,
        )


def purge_former_owners() -> int:
    """Forget users who own nothing and have not signed in lately; return how many they were.

    They are not among the rows that merely age: much hangs on a user, and goes along.
    A permission that lapsed as long ago ends first: until then it leads whoever erases the member,
    or the organization, to the user.
    """
    long_ago = now() - settings.RETENTION["accounts.User"]
    for ownership in Ownership.objects.filter(lapsed_at(long_ago)):
        ownership.delete()
    former = User.objects.filter(
        Q(last_login__lt=long_ago) | Q(last_login=None, joined_at__lt=long_ago),
        ~Exists(Ownership.objects.filter(user=OuterRef("pk"))),
        is_staff=False,
        is_superuser=False,
    ).order_by("pk")
    forgotten = 0
    while found := _forget(former):
        forgotten += found
    return forgotten


@transaction.atomic
def _forget(former: QuerySet[User]) -> int:
    """Forget a few users with all that is recorded of them; return how many they were.

    The rows are locked, so that nobody is made an owner meanwhile.
    """
    keys = [user.pk for user in former.select_for_update()[:_AT_ONCE]]
    forget_history(keys)
    # The end of a user is not recorded either: the entry would tell of the address again.
    with disable_auditlog():
        User.objects.filter(pk__in=keys).delete()
    return len(keys)
