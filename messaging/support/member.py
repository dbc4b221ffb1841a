"""The story of one member: linked or not, why not, whether they rest, and their last messages."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Exists, OuterRef, Prefetch, QuerySet
from django.urls import reverse
from django.utils.timezone import now
from django.utils.translation import gettext as _

from accounts.linking.status import with_links
from accounts.members.preferences import UNTIL_RESUMED, choices_of, resting_until
from accounts.models import ORGANIZATION_USERS, Link, Member
from core.ids import earliest_id
from integrations.connections.health import Light, health_of
from integrations.models import Installation
from integrations.targets.port import guide_of
from messaging.ingest.eligibility import Skip
from messaging.models import Delivery, DeliveryState, Mentioned, Message
from messaging.models.bot import Conversation
from messaging.support import messages as words
from messaging.support.connection import (
    ConnectionFacts,
    connection_lines,
    facts_of_connections,
    hearing,
)
from messaging.support.delivery_timeline import arrived_in_part, label_of
from messaging.support.lines import Answer, Line, Story, Tone, moment, span

LAST = 10
# Of what may concern everybody in the organization.
FEW = 3
LATELY = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class PersonFacts:
    """A member, their links with the one that counts last, their connection and last messages."""

    member: Member
    links: tuple[Link, ...]
    installation: Installation | None
    messages: tuple[Message, ...]
    resting_until: datetime | None
    # Messages to them among others, and to groups of whom ovice named nobody.
    mentions: tuple[Message, ...]
    nameless: tuple[Message, ...]
    connections: ConnectionFacts
    conversation: Conversation | None

    @property
    def link(self) -> Link | None:
        """The link that is active, or else the one that ended last."""
        return self.links[-1] if self.links else None


def facts_of_person(member: Member) -> PersonFacts:
    """Read everything about ``member``, in a handful of statements."""
    row = with_links(Member.objects.filter(pk=member.pk).select_related("choices")).get()
    live: list[Installation] = vars(row.organization)["live_installations"]
    for installation in live:
        installation.organization = row.organization
    to_them = Message.objects.filter(
        organization=row.organization_id, recipient_ovice_id=row.ovice_id
    )
    deliveries = Prefetch("deliveries", Delivery.objects.select_related("installation"))
    newest = to_them.order_by("-pk").prefetch_related(deliveries)[:LAST]
    links: tuple[Link, ...] = tuple(vars(row)["known_links"])
    return PersonFacts(
        member=row,
        links=links,
        installation=live[0] if live else None,
        messages=tuple(newest),
        resting_until=resting_until(choices_of(row), now()),
        mentions=tuple(_mentions(row)),
        nameless=tuple(_nameless(row)),
        connections=facts_of_connections(row.organization),
        conversation=_conversation(links[-1]) if links else None,
    )


def _mentions(member: Member) -> list[Message]:
    """Return the last messages that named the member beside others."""
    naming = Mentioned.objects.filter(organization=member.organization_id, ovice_id=member.ovice_id)
    newest = naming.order_by("-message").select_related("message")[:LAST]
    return [one.message for one in newest]


def _nameless(member: Member) -> QuerySet[Message]:
    """Return the last messages to a group, or to everybody, of which nobody's names are known."""
    to_many = Message.objects.filter(
        ~Exists(Mentioned.objects.filter(message=OuterRef("pk"))),
        organization=member.organization_id,
        pk__gte=earliest_id(now() - LATELY),
        recipient_ovice_id="",
        skipped_reason__in=(Skip.GROUP_MENTION, Skip.MULTIPLE_RECIPIENTS),
    )
    return to_many.order_by("-pk")[:FEW]


def _conversation(link: Link) -> Conversation | None:
    talks = Conversation.objects.filter(organization=link.organization_id)
    return talks.filter(installation=link.installation_id, account_id=link.account_id).first()


def tell_person(facts: PersonFacts) -> Story:
    """Return the story, without name and address."""
    return Story(
        title=_("Member %(id)s") % {"id": facts.member.ovice_id},
        answers=tuple(_answers(facts)),
        lines=tuple(sorted(_lines(facts), key=lambda line: line.at or now())),
        facts=tuple(_ids(facts)),
    )


def _answers(facts: PersonFacts) -> Iterator[Answer]:
    link = facts.link
    if facts.member.removed_at is not None:
        text = _("They left the organization on %(at)s.") % {"at": moment(facts.member.removed_at)}
        yield Answer(text, Tone.BAD)
    elif facts.member.role not in ORGANIZATION_USERS:
        yield Answer(_("A visitor or guest: only members of the organization can link."), Tone.BAD)
    if link is None or link.removed_at is not None:
        yield _not_linked(facts, link)
    else:
        yield from _linked(facts, link)
    if facts.installation is None:
        text = _("The organization is not connected to a chat.")
        yield Answer(text, Tone.BAD, _("An owner connects it; then members can link."))


def _not_linked(facts: PersonFacts, link: Link | None) -> Answer:
    advice = _("They press Link in ovice's personal settings.")
    if not facts.member.email_verified:
        advice = _("Their address is not verified in ovice. They verify it there, then press Link.")
    if link is None or link.removed_at is None:
        return Answer(_("Not linked, and never was."), Tone.WARN, advice)
    text = _("Not linked: the link ended on %(at)s, because %(why)s.")
    why = words.ended(link.removed_reason, link.installation.target)
    return Answer(text % {"at": moment(link.removed_at), "why": why}, Tone.WARN, advice)


def _linked(facts: PersonFacts, link: Link) -> Iterator[Answer]:
    target = guide_of(link.installation.target).label
    yield Answer(_("Linked since %(at)s.") % {"at": moment(link.linked_at)}, Tone.GOOD)
    if link.attention_at is not None:
        text = _("But %(target)s has taken nothing for this person since %(at)s.")
        said = {"target": target, "at": moment(link.attention_at)}
        yield Answer(text % said, Tone.BAD, words.help_for("recipient_gone"))
    if link.unresolved_at is not None:
        text = _("After the reconnect their account is being looked up anew.")
        yield Answer(text, Tone.WARN, _("That takes minutes."))
    if facts.installation is not None:
        health = health_of(facts.installation)
        if health.light is not Light.GREEN:
            yield Answer(health.text, Tone.WARN, health.next_step)
        yield from hearing(facts.installation)
    if facts.conversation is not None and facts.conversation.owed:
        yield Answer(_("The bot owes them an answer."), Tone.WARN, _("It is said within minutes."))
    if facts.resting_until is not None:
        yield _rests(facts.resting_until)
    if not any(message.accepted_at >= link.linked_at for message in facts.messages):
        text = _("No direct message has come in for them since: there was nothing to carry.")
        advice = _("Send them one in ovice, to them alone, and look here again.")
        yield Answer(text, Tone.WARN, advice)


def _rests(until: datetime) -> Answer:
    if until >= UNTIL_RESUMED:
        text = _("They have paused, until they resume.")
    else:
        text = _("They rest, by their own choice, until %(until)s.") % {"until": moment(until)}
    return Answer(text, Tone.WARN, _("What comes in meanwhile is sent afterwards."))


def _lines(facts: PersonFacts) -> Iterator[Line]:
    for link in facts.links:
        target = guide_of(link.installation.target).label
        text = _("Linked to an account in %(target)s.") % {"target": target}
        yield Line(text, link.linked_at, Tone.GOOD)
        if link.removed_at is not None:
            text = _("The link ended: %(why)s.")
            why = words.ended(link.removed_reason, link.installation.target)
            yield Line(text % {"why": why}, link.removed_at, Tone.WARN)
    yield from connection_lines(facts.connections)
    if facts.conversation is not None:
        text = _("They last wrote to the bot, or tapped a button.")
        yield Line(text, facts.conversation.spoken_at)
    for message in (*facts.messages, *facts.mentions):
        yield _line(message, *_in_short(message))
    for message in facts.nameless:
        text = _("Perhaps to them as well, ovice named nobody: %(text)s")
        short, tone = _in_short(message)
        yield _line(message, text % {"text": short}, tone)


def _line(message: Message, text: str, tone: Tone) -> Line:
    page = reverse("admin:message_story", args=[message.pk])
    return Line(f"{message.ovice_id} · {text}", message.sent_at, tone, page)


def _in_short(message: Message) -> tuple[str, Tone]:
    """Return in a few words what became of a message."""
    deliveries: list[Delivery] = [] if message.skipped_reason else list(message.deliveries.all())
    if not deliveries:
        reason = message.skipped_reason
        return words.skipped(reason)[0] if reason else _("Received."), Tone.WARN
    last = deliveries[-1]
    text, tone = _how_it_stands(last)
    return " ".join((text, *arrived_in_part(last))), tone


def _how_it_stands(last: Delivery) -> tuple[str, Tone]:
    if last.state == DeliveryState.DELIVERED and last.settled_at:
        text = _("Delivered %(span)s after it was sent.")
        return text % {"span": span(last.settled_at - last.sent_at)}, Tone.GOOD
    if last.state == DeliveryState.CANCELLED:
        return words.cancelled(last.reason, last.installation.target), Tone.WARN
    if last.state == DeliveryState.FAILED:
        why = words.refused(last.reason, label_of(last))
        return _("Given up: %(why)s.") % {"why": why}, Tone.BAD
    if last.state == DeliveryState.EXPIRED:
        return _("Too old to send: it expired."), Tone.BAD
    return _("It waits, or is being sent."), Tone.PLAIN


def _ids(facts: PersonFacts) -> Iterator[tuple[str, str]]:
    yield _("Organization"), str(facts.member.organization)
    yield _("Member in ovice"), facts.member.ovice_id
    yield _("Role"), str(facts.member.get_role_display())
    if facts.link is not None:
        yield _("Account in the chat"), facts.link.account_id
