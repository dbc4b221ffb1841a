"""Connecting an organization to a community of a chat target."""

from django.db import IntegrityError, transaction
from django.db.models import Max
from django.utils.timezone import now

from integrations.errors import PermissionMissing
from integrations.models import (
    NAME_LENGTH,
    Installation,
    InstallationKind,
    InstallationState,
    Organization,
)
from integrations.targets import Connection, Credentials, open_target


class AlreadyConnectedError(Exception):
    """The organization has a live installation, or another one holds this community."""


class OrganizationGoneError(Exception):
    """ovice has removed the organization, perhaps during the live check."""


def connect(
    organization: Organization, *, target: str, kind: InstallationKind, credentials: Credentials
) -> Installation:
    """Prove the credentials with live calls, then store them as a new generation.

    Raises a ``TargetError`` when the target refuses them (``PermissionMissing`` names what lacks
    in its ``code``), ``AlreadyConnectedError`` when this organization or another one is connected
    already, and ``OrganizationGoneError``. Nothing is stored in any of these cases.
    """
    connection = open_target(target, credentials).check()
    if connection.missing_permissions:
        raise PermissionMissing(code=",".join(connection.missing_permissions))
    try:
        return _store(organization, target, kind, credentials, connection)
    except IntegrityError:
        raise AlreadyConnectedError(f"{organization} cannot be connected twice.") from None


@transaction.atomic
def _store(
    organization: Organization,
    target: str,
    kind: InstallationKind,
    credentials: Credentials,
    connection: Connection,
) -> Installation:
    if Organization.objects.select_for_update().get(pk=organization.pk).removed_at is not None:
        raise OrganizationGoneError(f"{organization} has been removed.")
    generations = Installation.objects.filter(organization=organization, target=target)
    latest = generations.aggregate(latest=Max("generation"))["latest"] or 0
    installation = Installation(
        organization=organization,
        target=target,
        kind=kind,
        generation=latest + 1,
        state=InstallationState.ACTIVE,
        community_id=connection.community_id,
        community_name=connection.community_name[:NAME_LENGTH],
        bot_id=connection.bot_id,
        bot_name=connection.bot_name[:NAME_LENGTH],
        install_id=connection.install_id,
        connected_at=now(),
    )
    installation.access_token = credentials.access_token
    installation.app_secret = credentials.app_secret
    installation.save(force_insert=True)
    return installation
