"""The relay's tables that hold data of customers, in the order in which rows can go."""

from django.db.models import Exists, OuterRef, Q

from accounts.models import Link, Member
from integrations.models import Installation, InstallationKind
from integrations.removal.data_map import Aged, Hooks, Subject, Table
from messaging.models import Attempt, Delivery, Message
from messaging.models.bot import Conversation, ReceivedUpdate


def _left_over(subject: Subject) -> Q:
    """Messages of the generation's organization whose deliveries went with the generation."""
    return Q(
        ~Exists(Delivery.objects.filter(message=OuterRef("pk"))),
        organization=subject.organization_id,
        skipped_reason="",
    )


def _of_its_links(subject: Subject) -> Q:
    """Deliveries of links of the generation that went out by another one.

    The queue moves on without a link that was ended in the moment in which its DM was sent.
    """
    its = Q(link__installation__in=subject.ids())
    return its & ~Q(installation__in=subject.ids())


def _calls_of_its_links(subject: Subject) -> Q:
    its = Q(delivery__link__installation__in=subject.ids())
    return its & ~Q(delivery__installation__in=subject.ids())


def _to_member(subject: Subject) -> Q:
    member = Member.objects.filter(pk__in=subject.ids())
    return Q(
        organization__in=member.values("organization"),
        recipient_ovice_id__in=member.values("ovice_id"),
    )


def _mentions_of(subject: Subject) -> Q:
    member = Member.objects.filter(pk__in=subject.ids())
    return Q(organization__in=member.values("organization"), ovice_id__in=member.values("ovice_id"))


def _event_of_member(subject: Subject) -> Q:
    """The events that brought the member's messages."""
    return Q(
        organization__in=Member.objects.filter(pk__in=subject.ids()).values("organization"),
        ovice_id__in=Message.objects.filter(_to_member(subject)).values("event_id"),
    )


def _of_account(subject: Subject) -> Q:
    """Updates of the target about the accounts to which the member is, or was, linked.

    A link moves on to the next generation, often with another account id; what was told before
    stays with the generation it was told to.
    """
    condition = Q(pk__in=[])
    for link in Link.objects.filter(member__in=subject.ids()).select_related("installation"):
        told_to = Installation.objects.filter(
            organization=link.organization_id, target=link.installation.target
        )
        condition |= Q(
            installation__in=list(told_to.values_list("pk", flat=True)),
            account_id__in=[link.account_id, *link.former_account_ids],
        )
    return condition


def _erase_stranger(target: str, account_id: str) -> dict[str, int]:
    """Delete what the third-party app's bot heard of an account that was never linked."""
    told_to = Installation.objects.filter(target=target, kind=InstallationKind.THIRD_PARTY)
    gone = {}
    for model in (ReceivedUpdate, Conversation):
        rows = model.objects.filter(installation__in=told_to, account_id=account_id)
        gone[model._meta.label] = rows.delete()[0]  # noqa: SLF001 - Django's public API
    return gone


TABLES = (
    Table(
        "messaging.Attempt",
        "organization",
        "delivery__installation",
        "delivery__link__member",
        strays=_calls_of_its_links,
    ),
    Table("messaging.ReceivedUpdate", "installation__organization", "installation", _of_account),
    Table("messaging.Conversation", "organization", "installation", _of_account),
    Table(
        "messaging.Delivery", "organization", "installation", "link__member", strays=_of_its_links
    ),
    Table("messaging.ReceivedEvent", "organization", member=_event_of_member),
    Table("messaging.Mentioned", "organization", member=_mentions_of),
    Table("messaging.Message", "organization", _left_over, _to_member),
    Table("messaging.Lane", "installation__organization", "installation"),
    Table("messaging.Incident", "organization", "installation"),
    Table("messaging.Canary", "organization", member="member"),
)
WITHOUT_CUSTOMERS = {
    "messaging.Outage": "how a chat target as a whole is doing",
    "messaging.Audit": "when the last audit of the whole service ran, and whether all was well",
}
AGED = (
    Aged("messaging.Attempt", "delivery__settled_at"),
    # Handled or not: what waited for so long nobody waits for.
    Aged("messaging.ReceivedUpdate", "received_at"),
    Aged("messaging.Conversation", "spoken_at"),
    Aged(
        "messaging.Delivery",
        "settled_at",
        unless=Q(Exists(Attempt.objects.filter(delivery=OuterRef("pk")))),
    ),
    Aged("messaging.ReceivedEvent", "received_at"),
    Aged("messaging.Mentioned", "message__accepted_at"),
    Aged(
        "messaging.Message",
        "accepted_at",
        unless=Q(Exists(Delivery.objects.filter(message=OuterRef("pk")))),
    ),
    Aged("messaging.Incident", "ended_at"),
)
HOOKS = Hooks(erase_stranger=_erase_stranger)
