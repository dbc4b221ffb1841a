"""Receivers for people's links and visits: something below them ends, or is replaced."""

from typing import Any

from django.contrib.auth.signals import user_logged_in
from django.dispatch import receiver
from django.http import HttpRequest

from accounts.linking.link import RemovedReason, remove_links
from accounts.linking.relink import RESOLVE_LINKS, move_links
from accounts.members.session import end_visit_of_another
from accounts.models import DirectorySync, Link, OwnerMailKind, User
from accounts.owners.audit_log import forget_actors
from accounts.owners.mail import tell_healed, tell_of_deaf_bot, tell_owners
from accounts.signals import directory_stopped
from core.queue import after_commit, hint
from integrations.models import Installation
from integrations.models.removal import RemovalScope
from integrations.removal.data_map import Subject
from integrations.signals import (
    installation_connected,
    installation_deaf,
    installation_healed,
    installation_needs_attention,
    installation_removed,
    purge_runs,
)


@receiver(user_logged_in)
def let_one_person_act(request: HttpRequest, user: User, **_: Any) -> None:
    """A user who signs in, by a passkey as well, takes no other person's visit along."""
    end_visit_of_another(request, user)


@receiver(installation_removed)
def end_links(installation: Installation, **_: Any) -> None:
    """A removed installation takes its links with it."""
    links = Link.objects.filter(installation=installation)
    remove_links(links, reason=RemovedReason.ORG_DISCONNECTED)


@receiver(purge_runs)
def forget_users(subject: Subject, **_: Any) -> None:
    """History of others, or of the member's organization, stays without them."""
    whole = subject.scope == RemovalScope.ORGANIZATION
    forget_actors(subject.user_ids, except_in=subject.organization_id if whole else None)


@receiver(installation_connected)
def take_links_over(
    installation: Installation, previous: Installation | None = None, **_: Any
) -> None:
    """A new generation of the same community takes the links over."""
    if previous is not None:
        move_links(previous, installation)
        after_commit(hint, RESOLVE_LINKS, str(installation.pk))


@receiver(installation_needs_attention)
def tell_of_trouble(installation: Installation, reason: str, **_: Any) -> None:
    """The owners hear that nothing is sent before they act."""
    tell_owners(
        installation.organization,
        OwnerMailKind.ATTENTION,
        target=installation.target,
        reason=reason,
    )


@receiver(installation_deaf)
def tell_of_silence(installation: Installation, reason: str, **_: Any) -> None:
    """The owners hear of a bot that hears nothing, which no delivery shows."""
    tell_of_deaf_bot(installation, reason=reason)


@receiver(installation_healed)
def tell_of_the_end(installation: Installation, **_: Any) -> None:
    """Those who heard of the trouble hear of its end."""
    tell_healed(installation.organization, target=installation.target)


@receiver(directory_stopped)
def tell_of_missing_people(sync: DirectorySync, **_: Any) -> None:
    """The owners are asked whether so many people have really left."""
    tell_owners(sync.organization, OwnerMailKind.DIRECTORY)
