"""Connecting an organization to a community of a chat target."""

from django.db import IntegrityError, transaction
from django.db.models import Max
from django.utils.timezone import now

from integrations.models import (
    Installation,
    InstallationKind,
    InstallationState,
    Organization,
)
from integrations.targets import Connection, Credentials, open_target


class AlreadyConnectedError(Exception):
    """The organization has a live installation, or another one holds this community."""


def connect(
    organization: Organization, *, target: str, kind: InstallationKind, credentials: Credentials
) -> Installation:
    """Prove the credentials with live calls, then store them as a new generation.

    Raises a ``TargetError`` when the target refuses them and ``AlreadyConnectedError`` when this
    organization or another one is connected already. Nothing is stored in either case.
    """
    connection = open_target(target, credentials).check()
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
    generations = Installation.objects.filter(organization=organization, target=target)
    latest = generations.aggregate(latest=Max("generation"))["latest"] or 0
    installation = Installation(
        organization=organization,
        target=target,
        kind=kind,
        generation=latest + 1,
        state=InstallationState.ACTIVE,
        community_id=connection.community_id,
        community_name=connection.community_name,
        bot_id=connection.bot_id,
        bot_name=connection.bot_name,
        install_id=connection.install_id,
        connected_at=now(),
    )
    installation.access_token = credentials.access_token
    installation.app_secret = credentials.app_secret
    installation.save(force_insert=True)
    return installation
