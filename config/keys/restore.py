"""Restore of a database to where the newest file of keys says that everything stands.

A plan comes first, so that it can be shown and refused: a wrong or an old file would destroy the
keys of customers who are alive.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID

from django.db import transaction

from config.keys.backup import KeyFile
from integrations.encryption.master_keys import KeyMissingError, UnreadableError
from integrations.models import DataKey, Organization
from integrations.models.removal import Removal
from integrations.removal.lookup import organization_hash
from integrations.removal.replay import Repeat, hurry, repeat, repeats_of

# So many organizations may have been purged since a backup without raising a doubt, and so much of
# all of them: a fifth.
_FEW = 5
_PART = 5


@dataclass(frozen=True, slots=True)
class Plan:
    """Changes that a file would make to the database as it is."""

    keys: list[DataKey]
    # Keys that are here and that the file does not have any more.
    destroyed: list[DataKey]
    # Left without any key: purged since the backup, if this is the right file.
    gone: list[Organization]
    # Without a key that the file could have, since they are newer than it.
    newer: list[Organization]
    # The ledger as it was lately, and what of it came after the backup.
    removals: list[Removal]
    repeats: list[Repeat]
    # Why this may be the wrong file, in sentences.
    doubts: list[str]


def plan_of(file: KeyFile) -> Plan:
    """Return what ``carry_out`` would do with the file; nothing is changed."""
    organizations = {row.pk: row for row in Organization.objects.order_by("pk")}
    here = list(DataKey.objects.order_by("pk"))
    # Nothing makes a key whole again that was destroyed, here or according to the ledger.
    ended = {key.pk for key in here if key.destroyed_at is not None}
    told = {UUID(key) for row in file.removals for key in row.destroyed_keys}
    keys = [
        key
        for key in file.keys
        if key.organization_id in organizations and key.pk not in ended | told
    ]
    listed = {key.pk for key in file.keys}
    destroyed = [
        key
        for key in here
        if key.pk in told or (key.pk not in listed | ended and not _is_newer(key, than=file))
    ]
    doomed = {key.pk for key in destroyed}
    holding = {key.organization_id for key in [*keys, *here] if key.pk not in doomed}
    without = [row for pk, row in organizations.items() if pk not in holding]
    explained: list[Organization] = []
    unexplained: list[Organization] = []
    newer: list[Organization] = []
    for row in without:
        if _is_purged(row, file):
            explained.append(row)
        else:
            (newer if _is_newer(row, than=file) else unexplained).append(row)
    return Plan(
        keys=keys,
        destroyed=destroyed,
        gone=explained + unexplained,
        newer=newer,
        removals=file.removals,
        repeats=repeats_of(file.removals),
        doubts=list(
            _doubts(
                keys,
                [key for key in destroyed if key.pk not in told],
                unexplained,
                len(organizations),
            )
        ),
    )


@transaction.atomic
def carry_out(plan: Plan) -> None:
    """Let the database have the file's keys and no older ones, and end again what had ended."""
    DataKey.objects.filter(pk__in=[key.pk for key in plan.destroyed]).delete()
    # The file's wrapping is the newer one: what a whole dump brings back may be under a master key
    # that is no more.
    DataKey.objects.bulk_create(
        plan.keys, update_conflicts=True, unique_fields=["id"], update_fields=["wrapped"]
    )
    hurry(plan.removals)
    repeat(plan.repeats)


def _is_newer(row: DataKey | Organization, *, than: KeyFile) -> bool:
    return than.saved_at is not None and row.created_at > than.saved_at


def _is_purged(organization: Organization, file: KeyFile) -> bool:
    """Tell whether the ledger says so; one of the same name may have been here before it."""
    name = organization_hash(organization.ovice_id)
    return any(
        row.destroyed_keys
        and row.organization_hash == name
        and row.requested_at >= organization.created_at
        for row in file.removals
    )


def _doubts(
    keys: list[DataKey], destroyed: list[DataKey], gone: list[Organization], everybody: int
) -> Iterator[str]:
    """Say what is not as after a restore of a backup whose newest file of keys this is.

    Rows that the file's own ledger explains raise none.
    """
    if destroyed:
        yield f"It would destroy {len(destroyed)} keys that are here and not in the file."
    if gone and not keys:
        yield "No key in it belongs to an organization that is here."
    if len(gone) > max(_FEW, everybody / _PART):
        yield f"It leaves {len(gone)} of {everybody} organizations without a key."
    if locked := sum(not _opens(key) for key in keys):
        yield f"ENCRYPTION_KEYS opens {len(keys) - locked} of its {len(keys)} keys."


def _opens(key: DataKey) -> bool:
    try:
        key.unwrap()
    except (KeyMissingError, UnreadableError):
        return False
    return True
