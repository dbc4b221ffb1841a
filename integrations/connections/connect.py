"""Connecting an organization to a community of a chat target.

Each connection is a new generation. For the same community it takes the links and the waiting
messages of the one before; for another community the owner is asked first, and links end. For the
same bot it also takes what nobody has changed: the app secret, a hold, what its webhooks told.
"""

from dataclasses import replace

from django.db import IntegrityError, transaction
from django.db.models import Max
from django.utils.timezone import now

from core.text import one_line
from integrations.connections.schedule import next_regular_check
from integrations.models import (
    LIVE_STATES,
    NAME_LENGTH,
    Installation,
    InstallationKind,
    InstallationState,
    Organization,
)
from integrations.removal.uninstall import remove_installation
from integrations.signals import installation_connected, installation_healed
from integrations.targets.errors import PermissionMissing, ProofRejected, TokenRejected
from integrations.targets.port import Connection, Credentials, open_target


class AlreadyConnectedError(Exception):
    """Another organization is connected to this community."""


class OrganizationGoneError(Exception):
    """ovice has removed the organization, perhaps during the live check."""


class OtherCommunityError(Exception):
    """The organization is connected to another community, whose links would end: ask first.

    To go on, call ``connect`` again with ``confirmed_community`` set to ``community``.
    """

    def __init__(self, connection: Connection) -> None:
        super().__init__("The credentials belong to another community than the connected one.")
        self.community = community_key(connection)
        self.community_name = community_label(connection)


class PermissionsLacking(PermissionMissing):
    """The credentials work, and lack permissions; ``connection`` is what they lead to."""

    def __init__(self, connection: Connection) -> None:
        super().__init__(code=",".join(connection.missing_permissions))
        self.connection = connection


def community_key(connection: Connection) -> str:
    """Return what tells a community: its id, or the bot's where the target hides the community."""
    return connection.community_id or f"bot:{connection.bot_id}"


def community_label(connection: Connection) -> str:
    """Return the name by which people know the community: its own, or else the bot's."""
    return connection.community_name or connection.bot_name


def connect(
    organization: Organization,
    *,
    target: str,
    kind: InstallationKind,
    credentials: Credentials,
    confirmed_community: str = "",
) -> Installation:
    """Prove the credentials with live calls, then store them as a new generation.

    Without a token, or a secret, those of the present custom integration stay.

    Raises a ``TargetError`` when the target refuses them (``PermissionsLacking`` says what they
    lead to all the same), ``AlreadyConnectedError``, ``OrganizationGoneError``, and
    ``OtherCommunityError`` unless its community is the ``confirmed_community``. Nothing is stored
    or changed in any of these cases.
    """
    given = credentials.trimmed()
    tried, connection = _prove(target, given, _filled_up(given, organization, target, kind))
    if connection.missing_permissions:
        raise PermissionsLacking(connection)
    fresh = Installation(organization=organization, target=target, kind=kind)
    fresh.access_token = tried.access_token
    fresh.app_secret = given.app_secret or None
    _describe(fresh, connection)
    keeps_secret = tried.app_secret != given.app_secret
    try:
        _store(fresh, connection, confirmed_community, keeps_secret=keeps_secret)
    except IntegrityError:
        raise AlreadyConnectedError(f"{organization} cannot have this community.") from None
    if kind == InstallationKind.THIRD_PARTY:
        _prove_once_more(fresh)
    return fresh


def _filled_up(
    given: Credentials, organization: Organization, target: str, kind: InstallationKind
) -> Credentials:
    """Return what was given together with what the present custom integration has."""
    live = Installation.objects.live().filter(organization=organization, target=target).first()
    if live is None or InstallationKind.THIRD_PARTY in (kind, live.kind):
        return given
    token = given.access_token or live.access_token or ""
    return Credentials(token, given.app_secret or live.app_secret or "")


def _prove(target: str, given: Credentials, kept: Credentials) -> tuple[Credentials, Connection]:
    """Try the credentials together with what is kept; the secret may be of another integration."""
    try:
        return kept, open_target(target, kept).check()
    except ProofRejected:
        bare = replace(kept, app_secret=given.app_secret)
        if bare == kept:
            raise
        return bare, open_target(target, bare).check()


def _describe(installation: Installation, connection: Connection) -> None:
    installation.community_id = connection.community_id
    installation.community_name = one_line(connection.community_name, NAME_LENGTH)
    installation.bot_id = connection.bot_id
    installation.bot_name = one_line(connection.bot_name, NAME_LENGTH)
    installation.install_id = connection.install_id
    installation.permissions = list(connection.permissions)


@transaction.atomic
def _store(
    fresh: Installation, connection: Connection, confirmed_community: str, *, keeps_secret: bool
) -> None:
    """Save the new generation in the place of the one before; only one owner at a time can."""
    # Locks that leave foreign keys alone: whoever stores a message meanwhile must not wait for us
    # and be waited for.
    organizations = Organization.objects.select_for_update(no_key=True)
    organization = organizations.get(pk=fresh.organization_id)
    if organization.removed_at is not None:
        raise OrganizationGoneError(f"{organization} has been removed.")
    generations = Installation.objects.filter(organization=organization, target=fresh.target)
    previous = generations.live().select_for_update(no_key=True).first()
    ailing = previous is not None and previous.state == InstallationState.ATTENTION
    if previous is None:
        previous = _removed_lately(fresh)
    elif not _is_same_community(previous, connection):
        if confirmed_community != community_key(connection):
            raise OtherCommunityError(connection)
        remove_installation(previous)
        previous = None
    if previous is not None and (previous.bot_id, previous.kind) == (fresh.bot_id, fresh.kind):
        _inherit(fresh, previous, keeps_secret=keeps_secret)
    if previous is not None and previous.state in LIVE_STATES:
        _retire(previous)
    fresh.generation = (generations.aggregate(latest=Max("generation"))["latest"] or 0) + 1
    paused = organization.paused_at is not None
    fresh.state = InstallationState.PAUSED if paused else InstallationState.ACTIVE
    fresh.connected_at = fresh.proven_at = now()
    fresh.next_check_at = next_regular_check(now())
    fresh.save(force_insert=True)
    installation_connected.send(Installation, installation=fresh, previous=previous)
    if ailing:
        installation_healed.send(Installation, installation=fresh)


def _is_same_community(installation: Installation, connection: Connection) -> bool:
    """Compare by what both know; one bot is in one community, whatever its token."""
    if installation.bot_id == connection.bot_id:
        return True
    return bool(connection.community_id) and installation.community_id == connection.community_id


def _removed_lately(fresh: Installation) -> Installation | None:
    """Return the last generation if it was of the same community and is not purged yet."""
    generations = Installation.objects.filter(organization=fresh.organization, target=fresh.target)
    last = generations.order_by("-generation").first()
    if last is None or last.state != InstallationState.REMOVED or not fresh.community_id:
        return None
    return last if last.community_id == fresh.community_id else None


def _inherit(fresh: Installation, previous: Installation, *, keeps_secret: bool) -> None:
    """Take over what belongs to the bot, which is the same, and not to its token."""
    if keeps_secret:
        fresh.app_secret = previous.app_secret
        fresh.refused_at = previous.refused_at
    fresh.told_at, fresh.sent_at = previous.told_at, previous.sent_at
    fresh.held_until, fresh.hold_reason = previous.held_until, previous.hold_reason


def _retire(installation: Installation) -> None:
    """End a generation whose successor takes everything over; its token is destroyed."""
    installation.state = InstallationState.REMOVED
    installation.access_token = installation.app_secret = None
    installation.removed_at = installation.replaced_at = now()
    installation.save()


def _prove_once_more(installation: Installation) -> None:
    """Undo an install whose app was uninstalled between the first check and the storing.

    The platform tells of an uninstall once, and at that moment there was nothing to remove yet.
    """
    try:
        open_target(installation.target, installation.credentials()).check()
    except TokenRejected:
        remove_installation(installation)
        raise
