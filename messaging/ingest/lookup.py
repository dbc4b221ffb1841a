"""Lookup of the recipients of DMs that come in, asked once for all that came together.

One message whose recipient is linked, which is nearly every one, is a single query.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from django.db.models import Exists, OuterRef, QuerySet, Subquery

from accounts.models import ORGANIZATION_USERS, Link, Member
from core.db.prepared import Prepared
from integrations.models import LIVE_STATES, Installation, InstallationState, Organization
from messaging.ingest.eligibility import Standing, check_addressing
from messaging.ingest.events import MessageCreated
from messaging.models import Message

# An organization's primary key and one of ovice's ids in it.
Key = tuple[UUID, str]


class Tenant(NamedTuple):
    """Facts about an organization that the decision needs."""

    pk: UUID
    expire_after: timedelta
    feature_enabled: bool
    paused_at: datetime | None


class Addressee(NamedTuple):
    """Facts about a link that the decision needs, and the state of its installation."""

    link_id: UUID
    linked_at: datetime
    installation_id: UUID
    state: str


@dataclass(frozen=True, slots=True)
class Arrival:
    """One DM that came in, and the organization it is for."""

    event_id: str
    tenant: Tenant
    data: MessageCreated

    @property
    def event(self) -> tuple[str, str]:
        """The event, by organization and id, both ovice's."""
        return self.data.organization.id, self.event_id

    @property
    def recipient(self) -> Key:
        """The one recipient; an empty id where the message was not addressed to one."""
        return self.tenant.pk, recipient_of(self.data)

    @property
    def message(self) -> Key:
        """The message, whoever is its recipient."""
        return self.tenant.pk, self.data.message.id


def recipient_of(data: MessageCreated) -> str:
    """Return the one recipient's id, or nothing where the message was not addressed to one."""
    return "" if check_addressing(data) else data.recipients[0].id or ""


@dataclass(frozen=True, slots=True)
class Known:
    """The facts about some messages' recipients; members only of those without a link."""

    links: dict[Key, list[Addressee]] = field(default_factory=dict)
    members: set[Key] = field(default_factory=set)
    installations: dict[UUID, list[str]] = field(default_factory=dict)
    deleted: set[Key] = field(default_factory=set)

    def linked_before(self, arrival: Arrival) -> list[Addressee]:
        """Return those of the recipient's links that were there when the message was sent."""
        links, sent_at = self.links[arrival.recipient], arrival.data.message.sent_at
        return [link for link in links if link.linked_at <= sent_at]

    def standing(self, arrival: Arrival) -> Standing:
        """Gather the facts of the decision; a recipient with a link answers most of them."""
        tenant, links = arrival.tenant, self.links.get(arrival.recipient, [])
        states = [link.state for link in links] or self.installations.get(tenant.pk, [])
        paused = all(state == InstallationState.PAUSED for state in states)
        return Standing(
            connected=bool(states),
            paused=not tenant.feature_enabled or tenant.paused_at is not None or paused,
            recipient_is_member=bool(links) or arrival.recipient in self.members,
            linked_at=min((link.linked_at for link in links), default=None),
            expire_after=tenant.expire_after,
        )


def find_tenants(ovice_ids: set[str]) -> dict[str, Tenant]:
    """Return those organizations we know and that were not removed, by ovice's ids."""
    found = Organization.objects.filter(ovice_id__in=ovice_ids, removed_at=None)
    rows = found.values_list("ovice_id", *Tenant._fields)
    return {ovice_id: Tenant(*facts) for ovice_id, *facts in rows}


def find_linked(data: MessageCreated) -> tuple[Tenant, Known] | None:
    """Return all there is to know when the recipient of a message has a link, else None.

    The links stay locked until the end of the transaction: one that is being ended is waited for.
    """
    return _linked_by(_LOCKED, data)


def look_for_linked(data: MessageCreated) -> tuple[Tenant, Known] | None:
    """Return the same without locking anything, for whoever looks again when it matters."""
    return _linked_by(_LINKED, data)


class Unlinked(NamedTuple):
    """Facts for the decision where nobody usable is linked; ``changing``: that may just change."""

    tenant: Tenant
    known: Known
    changing: bool


def look_for_unlinked(data: MessageCreated) -> Unlinked | None:
    """Return what is known about a recipient without a link; None for an unknown organization."""
    recipient = recipient_of(data)
    rows = _UNLINKED.rows(organization=data.organization.id, recipient=recipient)
    if not rows:
        return None
    *facts, is_member, is_live, may_send, has_link = rows[0]
    tenant = Tenant(*facts)
    state = InstallationState.ACTIVE if may_send else InstallationState.PAUSED
    known = Known(
        members={(tenant.pk, recipient)} if is_member else set(),
        installations={tenant.pk: [state]} if is_live else {},
    )
    # A link that is there belongs to an installation that ended, and may move to the next one.
    return Unlinked(tenant, known, changing=has_link)


def _linked_by(question: Prepared, data: MessageCreated) -> tuple[Tenant, Known] | None:
    recipient = recipient_of(data)
    rows = question.rows(
        organization=data.organization.id, recipient=recipient, message=data.message.id
    )
    if not rows:
        return None
    width = len(Addressee._fields)
    *facts, deleted = rows[0][width:]
    tenant = Tenant(*facts)
    links = {(tenant.pk, recipient): [Addressee(*row[:width]) for row in rows]}
    return tenant, Known(links, deleted={(tenant.pk, data.message.id)} if deleted else set())


def know(arrivals: Sequence[Arrival]) -> Known:
    """Return what is known about many messages; links stay locked as with ``find_linked``.

    Links that were just being moved to another generation are missed by a query that had to wait
    for their locks; a second look finds them.
    """
    recipients = {arrival.recipient for arrival in arrivals}
    links = _links(recipients)
    if len(links) < len(recipients):
        links |= _links(recipients - links.keys())
    others = {arrival.recipient for arrival in arrivals if arrival.recipient not in links}
    return Known(
        links,
        _members(others),
        _installations({organization_id for organization_id, _ in others}),
        _deleted({arrival.message for arrival in arrivals if arrival.recipient in links}),
    )


def _usable() -> QuerySet[Link]:
    """Return the links a message can go to."""
    return Link.objects.active().filter(
        member__removed_at=None,
        member__role__in=ORGANIZATION_USERS,
        installation__state__in=LIVE_STATES,
    )


def _linked(organization: str, recipient: str, message: str) -> QuerySet[Any, Any]:
    gone = Message.objects.filter(
        organization=OuterRef("organization"), ovice_id=message, deleted_at__isnull=False
    )
    # Found first, there being one at most: the other way leads over all links of an organization.
    member = Member.objects.filter(organization__ovice_id=organization, ovice_id=recipient)
    known = _usable().filter(
        organization__ovice_id=organization,
        organization__removed_at=None,
        member=Subquery(member.values("pk")),
    )
    tenant = (f"organization__{name}" for name in Tenant._fields)
    addressee = ("pk", "linked_at", "installation_id", "installation__state")
    return known.order_by("pk").values_list(*addressee, *tenant, Exists(gone))


def _unlinked(organization: str, recipient: str) -> QuerySet[Any, Any]:
    live = Installation.objects.live().filter(organization=OuterRef("pk"))
    members = Member.objects.filter(
        organization=OuterRef("pk"),
        ovice_id=recipient,
        removed_at=None,
        role__in=ORGANIZATION_USERS,
    )
    links = Link.objects.active().filter(organization=OuterRef("pk"), member__ovice_id=recipient)
    return Organization.objects.filter(ovice_id=organization, removed_at=None).values_list(
        *Tenant._fields,
        Exists(members),
        Exists(live),
        Exists(live.exclude(state=InstallationState.PAUSED)),
        Exists(links),
    )


_UNLINKED = Prepared(_unlinked)
_LINKED = Prepared(_linked)
_LOCKED = Prepared(_linked, lock=Link)


def _links(recipients: set[Key]) -> dict[Key, list[Addressee]]:
    found = (
        _usable()
        .select_for_update(of=("self",), no_key=True)
        .filter(**_among(recipients, "member__ovice_id"))
        .select_related("installation", "member")
        .only("organization_id", "linked_at", "installation__state", "member__ovice_id")
        # Always in the same order, or two batches would wait for each other.
        .order_by("pk")
    )
    links: dict[Key, list[Addressee]] = defaultdict(list)
    for link in found:
        facts = Addressee(link.pk, link.linked_at, link.installation_id, link.installation.state)
        links[link.organization_id, link.member.ovice_id].append(facts)
    return dict(links)


def _members(recipients: set[Key]) -> set[Key]:
    """Return those of ``recipients`` who are organization users now."""
    found = Member.objects.filter(
        **_among(recipients, "ovice_id"), removed_at=None, role__in=ORGANIZATION_USERS
    )
    return set(found.values_list("organization_id", "ovice_id"))


def _installations(organization_ids: set[UUID]) -> dict[UUID, list[str]]:
    """Return the states of the organizations' live installations."""
    states: dict[UUID, list[str]] = defaultdict(list)
    live = Installation.objects.live().filter(organization__in=organization_ids)
    for organization_id, state in live.values_list("organization_id", "state"):
        states[organization_id].append(state)
    return dict(states)


def _deleted(messages: set[Key]) -> set[Key]:
    """Return those of ``messages`` that their sender deleted, be it before they came in."""
    gone = Message.objects.filter(**_among(messages, "ovice_id"), deleted_at__isnull=False)
    return set(gone.values_list("organization_id", "ovice_id"))


def _among(keys: set[Key], id_field: str) -> dict[str, set[UUID] | set[str]]:
    """Return a condition that lets no key through that is not made of parts of ``keys``."""
    organization_ids = {organization_id for organization_id, _ in keys}
    return {"organization__in": organization_ids, f"{id_field}__in": {own for _, own in keys}}
