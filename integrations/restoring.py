"""Bringing a restored database to where the newest file of keys says that everything stands.

What that would do is planned first, so that it can be shown and refused: with a wrong or an old
file it would destroy the keys of customers who are alive.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from django.db import transaction

from integrations.keyfile import KeyFile
from integrations.masterkeys import KeyMissingError, UnreadableError
from integrations.models import DataKey, Organization

# So many organizations may have been purged since a backup without raising a doubt, and so much of
# all of them: a fifth.
_FEW = 5
_PART = 5


@dataclass(frozen=True, slots=True)
class Plan:
    """What a file would do to the database as it is."""

    keys: list[DataKey]
    # Keys that are here and that the file does not have any more.
    destroyed: list[DataKey]
    # Left without any key: purged since the backup, if this is the right file.
    gone: list[Organization]
    # Without a key that the file could have, since they are newer than it.
    newer: list[Organization]
    # Why this may be the wrong file, in sentences.
    doubts: list[str]


def plan_of(file: KeyFile) -> Plan:
    """Return what ``carry_out`` would do with the file; nothing is changed."""
    organizations = {row.pk: row for row in Organization.objects.order_by("pk")}
    here = list(DataKey.objects.order_by("pk"))
    # Nothing makes a key whole again that was destroyed.
    ended = {key.pk for key in here if key.destroyed_at is not None}
    listed = {key.pk for key in file.keys}
    keys = [
        row for row in file.keys if row.organization_id in organizations and row.pk not in ended
    ]
    destroyed = [
        key for key in here if key.pk not in listed | ended and not _is_newer(key, than=file)
    ]
    doomed = {key.pk for key in destroyed}
    holding = {key.organization_id for key in here if key.pk not in doomed}
    holding |= {key.organization_id for key in keys}
    without = [row for pk, row in organizations.items() if pk not in holding]
    gone = [row for row in without if not _is_newer(row, than=file)]
    return Plan(
        keys=keys,
        destroyed=destroyed,
        gone=gone,
        newer=[row for row in without if _is_newer(row, than=file)],
        doubts=list(_doubts(keys, destroyed, gone, len(organizations))),
    )


@transaction.atomic
def carry_out(plan: Plan) -> None:
    """Let the database have the file's keys and no older ones."""
    DataKey.objects.filter(pk__in=[key.pk for key in plan.destroyed]).delete()
    # The file's wrapping is the newer one: what a whole dump brings back may be under a master key
    # that is no more.
    DataKey.objects.bulk_create(
        plan.keys, update_conflicts=True, unique_fields=["id"], update_fields=["wrapped"]
    )


def _is_newer(row: DataKey | Organization, *, than: KeyFile) -> bool:
    return than.saved_at is not None and row.created_at > than.saved_at


def _doubts(
    keys: list[DataKey], destroyed: list[DataKey], gone: list[Organization], everybody: int
) -> Iterator[str]:
    """Say what is not as after a restore of a backup whose newest file of keys this is."""
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
