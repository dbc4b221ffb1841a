"""Search by a pasted id, address or code: rows of the reader's organizations only.

Every look-up is by a whole value, and each is reduced to the visitor's organizations by the
database itself. So what is another tenant's and what does not exist take the same statements, and
look the same.
"""

from collections.abc import Callable, Iterator
from typing import TypeVar
from uuid import UUID

from django.db.models import Model, Q, QuerySet

from accounts.models import Link, Member
from accounts.models.addresses import address_hashes
from accounts.owners.roles import STAFF, Visitor, role_of, visible_ids, visible_organizations
from integrations.models.removal import Removal
from messaging.models import Delivery, Message, ReceivedEvent

Found = Message | Member | Removal | ReceivedEvent
Row = TypeVar("Row", bound=Model)
# Longer than any id, address or code there is.
LONGEST = 320
MOST = 20


def find(text: str, user: Visitor) -> list[Found]:
    """Return what ``text`` names among what ``user`` may see, at most ``MOST`` rows.

    An address is looked for by its keyed hash alone.
    """
    wanted = _meant(text)
    if not wanted:
        return []
    if "@" in wanted:
        return list(_people(wanted, user))
    for look in _LOOKS:
        if found := list(look(wanted, user)):
            return list(dict.fromkeys(found))[:MOST]
    return []


def _meant(text: str) -> str:
    """Return what was pasted without the page around it; nothing for what cannot be an id."""
    wanted = text.strip()
    if wanted.startswith(("http://", "https://")):
        wanted = wanted.rstrip("/").rsplit("/", 1)[-1]
    return wanted if len(wanted) <= LONGEST and wanted.isprintable() else ""


def own(rows: "QuerySet[Row]", user: Visitor) -> "QuerySet[Row]":
    """Reduce ``rows`` to the visitor's organizations; staff sees all."""
    if role_of(user) in STAFF:
        return rows
    return rows.filter(organization__in=visible_ids(user))


def _people(address: str, user: Visitor) -> Iterator[Found]:
    hashes = address_hashes(address)
    yield from own(Member.objects.filter(email_hash__in=hashes), user).order_by("pk")[:MOST]


def _messages(wanted: str, user: Visitor) -> Iterator[Found]:
    # One look into an index for each organization.
    own_ones = visible_organizations(user).values("pk")
    rows = Message.objects.filter(organization__in=own_ones, ovice_id=wanted)
    yield from sorted(rows[:MOST], key=lambda message: message.pk)


def _by_event(wanted: str, user: Visitor) -> Iterator[Found]:
    yield from own(Message.objects.filter(event_id=wanted), user).order_by("pk")[:MOST]


def _by_delivery(wanted: str, user: Visitor) -> Iterator[Found]:
    own_id = _uuid(wanted)
    named = Delivery.objects.filter(pk=own_id) if own_id else _by_message_in_chat(wanted)
    for delivery in own(named, user).select_related("message").order_by("pk")[:MOST]:
        yield delivery.message


def _by_message_in_chat(wanted: str) -> QuerySet[Delivery]:
    # The second condition is that of the index.
    return Delivery.objects.filter(target_message_id=wanted).exclude(target_message_id="")


def _members(wanted: str, user: Visitor) -> Iterator[Found]:
    links = Link.objects.filter(account_id=wanted).values("member")
    named = Q(ovice_id=wanted) | Q(pk__in=links)
    yield from own(Member.objects.filter(named), user).order_by("pk")[:MOST]


def _removals(wanted: str, user: Visitor) -> Iterator[Found]:
    code = wanted.lower()
    yield from own(Removal.objects.filter(confirmation_code=code), user)[:1]


def _events(wanted: str, user: Visitor) -> Iterator[Found]:
    named = ReceivedEvent.objects.filter(ovice_id=wanted).select_related("organization")
    yield from own(named, user).order_by("received_at")[:MOST]


def _uuid(wanted: str) -> UUID | None:
    try:
        return UUID(wanted)
    except ValueError:
        return None


_LOOKS: tuple[Callable[[str, Visitor], Iterator[Found]], ...] = (
    _messages,
    _by_event,
    _by_delivery,
    _removals,
    _members,
    _events,
)
