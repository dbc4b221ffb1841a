"""Erasure and export of one member; both cover every listed table.

Directory data of ovice's comes back with its next event or synchronisation as long as the person is
a user of ovice there: without links, choices or history.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction

from accounts.linking.link import RemovedReason, remove_links
from accounts.models import Link, Member
from integrations.models import InstallationKind
from integrations.models.removal import Removal, RemovalScope
from integrations.removal.data_map import Subject
from integrations.removal.export import export
from integrations.removal.lookup import member_hash
from integrations.removal.replay import Repeat
from integrations.removal.uninstall import erase


@transaction.atomic
def erase_member(member: Member) -> Removal:
    """End the member's links and enter the erasure of all that is stored of them.

    Asking again while it has not ended returns the same removal. Its page shows the receipt.
    """
    # Not the organization as well: an accept that refers to it would have to wait.
    locked = Member.objects.select_for_update(of=("self",), no_key=True)
    member = locked.select_related("organization").get(pk=member.pk)
    earlier = Removal.objects.open().filter(member_id=member.pk).first()
    remove_links(Link.objects.filter(member=member), reason=RemovedReason.USER)
    return earlier or erase(
        member.organization, member_id=member.pk, member_ovice_id=member.ovice_id
    )


def erase_account(
    target: str, account_id: str, issued_at: datetime | None = None
) -> Removal | None:
    """Erase everybody who had this account of the third-party app; None where nobody had.

    A member who linked it after ``issued_at``, in whole seconds, was not meant. Returns the removal
    of who linked it last.
    """
    links = Link.objects.filter(
        account_id=account_id,
        installation__target=target,
        installation__kind=InstallationKind.THIRD_PARTY,
    )
    if issued_at is not None:
        links = links.filter(linked_at__lt=issued_at + timedelta(seconds=1))
    found = links.select_related("member").order_by("-linked_at")
    members = {link.member_id: link.member for link in found}
    return next(iter([erase_member(member) for member in members.values()]), None)


def brought_back(repeats: Iterable[Repeat]) -> list[Member]:
    """Return the members of whom these erasures were, and whom an old backup has brought back."""
    erased: dict[UUID, set[str]] = {}
    for each in repeats:
        if each.removal.scope == RemovalScope.MEMBER and each.organization is not None:
            erased.setdefault(each.organization.pk, set()).add(each.removal.member_hash)
    members = Member.objects.filter(organization__in=erased).select_related("organization")
    return [
        member
        for member in members
        if member_hash(member.organization, member.ovice_id) in erased[member.organization_id]
    ]


def export_member(member: Member) -> dict[str, Any]:
    """Return all that is stored of a member, table by table, ready to be written as JSON.

    Texts are included as long as they exist. Keys and other people's data are not.
    """
    subject = Subject(RemovalScope.MEMBER, member.organization_id, member_id=member.pk)
    return {
        "organization": member.organization.ovice_id,
        "member": member.ovice_id,
        "data": export(subject),
    }
