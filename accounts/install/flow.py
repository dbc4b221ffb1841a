"""Installing a target's third-party app for an organization, from first press to connection.

It starts here, with a single-use ``state`` bound to session, user and organization; or in the
target, which sends a browser with a code and without a ``state``. Then whoever is at the browser
signs in, chooses the organization and confirms. Secrets are kept encrypted meanwhile, for minutes.
"""

import hashlib
import re
import secrets
from datetime import timedelta
from enum import StrEnum

from django.conf import settings
from django.db.models import Q
from django.urls import reverse
from django.utils.timezone import now

from accounts.models import InstallRequest, User
from accounts.owners.roles import Visitor, owns
from core.text import one_line
from integrations.connections.connect import (
    AlreadyConnectedError,
    OrganizationGoneError,
    OtherCommunityError,
    community_key,
    community_label,
    connect,
)
from integrations.models import NAME_LENGTH, Installation, InstallationKind, Organization
from integrations.targets.errors import (
    CodeRejected,
    PermissionMissing,
    Scope,
    TargetError,
    TokenRejected,
)
from integrations.targets.errors import Unconfirmed as NoAnswer
from integrations.targets.port import Credentials, installer_of, open_target

LASTS = timedelta(minutes=10)
# The notice of a request whose owner is asked whether to leave the present community.
LEAVING = "leaving"
# Time that the target's clock and the way of the code may have taken off it.
_MARGIN = timedelta(seconds=5)
# Form of a code; nothing else is passed on.
_CODE = re.compile(r"[A-Za-z0-9._~#+/=-]{1,1024}")
_URL_LENGTH = 2048


class Refusal(StrEnum):
    """Why an install does not go on; each has a text of its own."""

    NO_APP = "no_app"
    NOT_OWNER = "not_owner"
    CANCELLED = "cancelled"
    NO_CODE = "no_code"
    UNKNOWN = "unknown"
    USED = "used"
    EXPIRED = "expired"
    OTHER_SESSION = "other_session"
    CODE_REFUSED = "code_refused"
    PERMISSION_MISSING = "permission_missing"
    TOKEN_REFUSED = "token_refused"  # noqa: S105 - a word, not a token
    TAKEN = "taken"
    GONE = "gone"
    NO_ANSWER = "no_answer"
    OTHER_PAGE = "other_page"
    LATER = "later"


class InstallRefused(Exception):
    """The install does not go on; with ``again`` the same request may be tried once more."""

    def __init__(self, reason: Refusal, *, again: bool = False) -> None:
        super().__init__(reason.value)
        self.reason = reason
        self.again = again


def redirect_uri(target: str) -> str:
    """Return the address registered with the target's app, to which codes are sent."""
    return f"{settings.BASE_URL}{reverse('install_callback', kwargs={'target': target})}"


def begin(user: User, session_key: str, organization: Organization, target: str) -> str:
    """Start an install and return the address of the target's dialog."""
    installer = installer_of(target)
    if not installer.is_set_up():
        raise InstallRefused(Refusal.NO_APP)
    if not owns(user, organization.pk):
        raise InstallRefused(Refusal.NOT_OWNER)
    state = new_key()
    InstallRequest.objects.create(
        target=target,
        key_hash=hashed(state),
        session_hash=hashed(session_key),
        user=user,
        organization=organization,
        expires_at=now() + LASTS,
    )
    return installer.dialog_url(redirect_uri=redirect_uri(target), state=state)


def take_state(target: str, state: str, session_key: str, user: object) -> InstallRequest:
    """Use up a ``state`` and return its request; refuse one of another session or user.

    A browser without the session learns nothing about the state, and does not use it up.
    """
    request = InstallRequest.objects.filter(target=target, key_hash=hashed(state)).first()
    if request is None:
        raise InstallRefused(Refusal.UNKNOWN)
    if request.session_hash != hashed(session_key) or request.user != user:
        raise InstallRefused(Refusal.OTHER_SESSION)
    take(request)
    return request


def keep_code(target: str, code: str, return_to: str) -> tuple[InstallRequest, str]:
    """Keep a code that came without a ``state``; return also the key for the browser's cookie."""
    key = new_key()
    request = InstallRequest(
        target=target,
        key_hash=hashed(key),
        return_to=own_page(target, return_to),
        expires_at=now() + installer_of(target).code_lasts - _MARGIN,
    )
    request.code = checked_code(code)
    request.save(force_insert=True)
    return request, key


def find_kept(target: str, key: str, visitor: Visitor) -> InstallRequest:
    """Return the request that the browser's cookie names, if ``visitor`` can still go on with it.

    A visitor who is not signed in yet may turn out to be anybody.
    """
    request = InstallRequest.objects.filter(target=target, key_hash=hashed(key)).first()
    if not key or request is None:
        raise InstallRefused(Refusal.UNKNOWN)
    if request.used_at is not None:
        raise InstallRefused(Refusal.USED)
    if request.expires_at <= now():
        raise InstallRefused(Refusal.EXPIRED)
    if isinstance(visitor, User) and request.user not in (None, visitor):
        raise InstallRefused(Refusal.OTHER_SESSION)
    return request


def keep_asking(request: InstallRequest, user: User, why: Exception | None) -> str:
    """Let the request wait for ``user``'s answer; return the key for the browser's cookie."""
    key = new_key()
    request.user = user
    request.notice = ""
    if isinstance(why, OtherCommunityError):
        request.community = why.community
        request.community_name = one_line(why.community_name, NAME_LENGTH)
        request.notice = LEAVING
    elif isinstance(why, InstallRefused):
        request.notice = why.reason.value
    if request.token is None:
        code_ends = now() + installer_of(request.target).code_lasts - _MARGIN
        request.expires_at = min(request.expires_at, code_ends)
    request.key_hash = hashed(key)
    request.used_at = None
    request.save()
    return key


def learn_community(request: InstallRequest) -> None:
    """Ask the target, once, which community the request would connect; a code is traded first."""
    if request.community:
        return
    try:
        if request.token is None:
            exchange(request)
        connection = open_target(request.target, _credentials(request)).check()
    except (TargetError, InstallRefused) as error:
        refusal = error if isinstance(error, InstallRefused) else _refused(error)
        if not refusal.again:
            request.used_at = now()
            forget(request)
        raise refusal from None
    request.community = community_key(connection)
    request.community_name = one_line(community_label(connection), NAME_LENGTH)
    request.notice = ""
    request.save(update_fields=["community", "community_name", "notice"])


def check_answer(request: InstallRequest, answered: str, community: str) -> None:
    """Refuse the answer to a page that showed another request, or another community.

    A stranger can make the browser bring a request of theirs while the page of ours is open.
    """
    if not request.community or (answered, community) != (str(request.pk), request.community):
        raise InstallRefused(Refusal.OTHER_PAGE)


def take(request: InstallRequest) -> None:
    """Use the request up; of two at the same moment only one goes on."""
    fresh = InstallRequest.objects.filter(pk=request.pk, used_at=None, expires_at__gt=now())
    if not fresh.update(used_at=now()):
        used = InstallRequest.objects.filter(pk=request.pk, used_at__isnull=False).exists()
        raise InstallRefused(Refusal.USED if used else Refusal.EXPIRED)
    request.refresh_from_db()


def exchange(request: InstallRequest) -> None:
    """Trade the kept code for the token, which is kept instead; of two at once one does."""
    code, request.code = request.code, None
    untouched = InstallRequest.objects.filter(pk=request.pk, code_sealed__isnull=False)
    if not untouched.update(code_sealed=None):
        raise InstallRefused(Refusal.NO_ANSWER, again=True)
    try:
        token = installer_of(request.target).exchange(
            code or "", redirect_uri=redirect_uri(request.target)
        )
    except TargetError as error:
        # A code that never left can be tried again while it lives.
        again = error.scope is Scope.TARGET and not isinstance(error, NoAnswer)
        if again:
            request.code = code
        request.save()
        rejected = isinstance(error, CodeRejected | NoAnswer)
        reason = Refusal.CODE_REFUSED if rejected else Refusal.NO_ANSWER
        raise InstallRefused(reason, again=again) from None
    request.token = token
    request.expires_at = now() + LASTS
    request.save()


def finish(
    request: InstallRequest, user: User, organization: Organization, confirmed_community: str = ""
) -> Installation:
    """Connect the organization with the request's code or token, which is then forgotten.

    Raises ``InstallRefused``, and ``OtherCommunityError`` when the owner has to confirm.
    """
    if not owns(user, organization.pk):
        raise InstallRefused(Refusal.NOT_OWNER)
    if request.token is None:
        exchange(request)
    try:
        installation = connect(
            organization,
            target=request.target,
            kind=InstallationKind.THIRD_PARTY,
            credentials=_credentials(request),
            confirmed_community=confirmed_community,
        )
    except (TargetError, AlreadyConnectedError, OrganizationGoneError) as error:
        raise _refused(error) from None
    forget(request)
    return installation


def forget(request: InstallRequest) -> None:
    """Destroy what was secret; the row stays for minutes, to tell that it was used."""
    request.code = request.token = None
    request.save()


def purge_install_requests() -> int:
    """Delete the requests that are over, and return how many they were."""
    over = InstallRequest.objects.filter(
        Q(expires_at__lte=now()) | Q(used_at__lte=now() - LASTS), created_at__lte=now() - LASTS
    )
    return over.delete()[0]


def new_key() -> str:
    """Return a random key nobody can guess."""
    return secrets.token_urlsafe(32)


def hashed(key: str) -> str:
    """Return the form in which a key is stored and compared."""
    return hashlib.sha256(key.encode("utf-8", "replace")).hexdigest()


def checked_code(code: str) -> str:
    """Return ``code`` if it looks like one, else refuse."""
    if not _CODE.fullmatch(code):
        raise InstallRefused(Refusal.NO_CODE)
    return code


def own_page(target: str, url: str) -> str:
    """Return ``url`` if it is a page of the target, else nothing."""
    fits = len(url) <= _URL_LENGTH and installer_of(target).is_own_page(url)
    return url if fits else ""


def _credentials(request: InstallRequest) -> Credentials:
    return Credentials(request.token or "", of_app=True)


def _refused(error: Exception) -> InstallRefused:
    match error:
        case AlreadyConnectedError():
            return InstallRefused(Refusal.TAKEN)
        case OrganizationGoneError():
            return InstallRefused(Refusal.GONE)
        case PermissionMissing():
            return InstallRefused(Refusal.PERMISSION_MISSING)
        case TokenRejected():
            return InstallRefused(Refusal.TOKEN_REFUSED)
        case _:
            return InstallRefused(Refusal.NO_ANSWER, again=True)
