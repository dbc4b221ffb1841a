"""Replay of removals that were asked for after a backup, on what it brought back.

The file of keys has the whole ledger as it was lately. Ends that the restored ledger lacks, or
still waits for, came after the backup: their rows are put back, receipts and codes with them, and
what they had ended ends again.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import cast
from uuid import UUID

from django.db import transaction

from integrations.models import Installation, Organization
from integrations.models.removal import Removal, RemovalReason, RemovalScope
from integrations.removal.lookup import community_hash, organization_hash
from integrations.removal.uninstall import remove_again, remove_organization, remove_restored


@dataclass(frozen=True, slots=True)
class Repeat:
    """A removal as it was lately, and what of it is here again.

    ``installation`` is the latest generation of those it took.
    """

    removal: Removal
    organization: Organization | None
    installation: Installation | None


def repeats_of(lately: Iterable[Removal]) -> list[Repeat]:
    """Return what ``repeat`` has to do so that everything ends that had ended; change nothing."""
    return list(_repeats(sorted(lately, key=lambda row: (row.requested_at, row.pk))))


@transaction.atomic
def repeat(repeats: list[Repeat]) -> None:
    """Put the rows back, then end again what is here; members are left to who knows them."""
    for each in repeats:
        _put_back(each)
    # A whole organization comes last: until then its connections' own removals can take them.
    for each in repeats:
        if each.installation is not None:
            remove_again(each.removal, each.installation)
    for each in repeats:
        row, organization = each.removal, each.organization
        if organization is None or row.finished_at is not None or not _is_of_whole(row):
            continue
        if row.reason == RemovalReason.RESTORED:
            remove_restored(organization)
        else:
            remove_organization(organization, at=row.requested_at)


def hurry(lately: Iterable[Removal]) -> None:
    """Let removals that wait here as they did lately go as far and come as soon as they would."""
    for row in lately:
        waiting = Removal.objects.open().filter(pk=row.pk, begun_at=None)
        waiting.filter(purge_at__gt=row.purge_at).update(purge_at=row.purge_at, due_at=row.due_at)
        if row.scope == RemovalScope.INSTALLATION:
            waiting.filter(scope=RemovalScope.UNDECIDED).update(scope=row.scope)


def _repeats(lately: list[Removal]) -> Iterator[Repeat]:
    here = {row.pk: row for row in Removal.objects.all()}
    organizations = {row.pk: row for row in Organization.objects.all()}
    named = {organization_hash(row.ovice_id): row for row in organizations.values()}
    ended = {row.pk for row in lately if row.finished_at is not None}
    taken = {
        row.installation_id
        for row in here.values()
        if row.finished_at is None and row.pk not in ended
    }
    for row in lately:
        known = here.get(row.pk)
        if known is not None and (known.finished_at is not None or row.finished_at is None):
            continue
        # A finished row does not say any more whose it was.
        pointing = known or row
        organization = organizations.get(cast("UUID", pointing.organization_id)) or named.get(
            row.organization_hash
        )
        installation = _brought_back(pointing, organization)
        if installation is not None and installation.pk in taken:
            installation = None
        if installation is not None:
            taken.add(installation.pk)
        yield Repeat(row, organization, installation)


def _brought_back(row: Removal, organization: Organization | None) -> Installation | None:
    """Return the generation that is here of those a removal took, the latest of them.

    These are its own and those that it had replaced, of which one may be what was connected when
    the backup was made. A community that had not been named yet may be any.
    """
    if organization is None or row.generation is None:
        return None
    earlier = Installation.objects.filter(
        organization=organization, generation__lte=row.generation
    ).order_by("-generation")
    for installation in earlier:
        known = community_hash(installation), row.community_hash
        if installation.pk == row.installation_id or "" in known or known[0] == known[1]:
            return installation
    return None


def _put_back(each: Repeat) -> None:
    """Store the row; what it points to has to be here, or who reads the ledger would stumble."""
    row = each.removal
    if row.finished_at is None:
        row.organization, row.installation = each.organization, each.installation
    row.save_base(raw=True)


def _is_of_whole(row: Removal) -> bool:
    return row.generation is None and row.scope != RemovalScope.MEMBER
