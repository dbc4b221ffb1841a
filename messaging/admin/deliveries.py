"""Each message on its way to a linked account, each call made for it, and what can be done."""

from uuid import UUID

from django.contrib import admin, messages
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.admin_base.confirm import Question, ask_first
from accounts.admin_base.large_tables import AgeFilter, LongList, word_filter
from accounts.models import Link
from accounts.owners.audit_log import record_all
from integrations.models import Organization
from messaging.admin.received import story_link
from messaging.delivery.cancel import cancel
from messaging.delivery.replay import replay
from messaging.models import Attempt, Delivery, DeliveryQuerySet, Message
from messaging.support.messages import REASONS

_EVERYBODY = ["owner", "support", "administrator"]
_FOUND = 200


def uuid_of(wanted: str) -> UUID | None:
    """Return the key that somebody typed, or None for anything else."""
    try:
        return UUID(wanted)
    except ValueError:
        return None


@admin.register(Delivery)
class DeliveryAdmin(LongList[Delivery]):
    """Each message on its way to a linked account."""

    about_members = True
    list_display = ("message", "organization", "state", "reason", "sent_at", "due_at", "tries")
    list_filter = (AgeFilter, "state", word_filter("reason", REASONS))
    list_select_related = ("message", "organization")
    search_help_text = _("The delivery's own id, or the message's or the recipient's id in ovice")
    fields = (
        "organization",
        "story",
        "message",
        "link",
        "installation",
        ("state", "reason"),
        ("sent_at", "due_at", "expires_at"),
        ("claimed_at", "settled_at"),
        ("reached_at", "seen_at"),
        ("tries", "unconfirmed_tries", "parts_sent"),
    )
    actions = ("send_again", "cancel_waiting", "export")

    @admin.display(description=_("what happened"))
    def story(self, delivery: Delivery) -> str:
        """Return the way to the story of the delivery's message."""
        return story_link(delivery.message_id)

    def named(self, wanted: str) -> Q:
        """Find by its own id, or by the message's or the recipient's in ovice."""
        if key := uuid_of(wanted):
            return Q(pk=key)
        named = Message.objects.filter(
            organization__in=Organization.objects.values("pk"), ovice_id=wanted
        )
        links = Link.objects.filter(member__ovice_id=wanted)
        found = list(named.values_list("pk", flat=True)[:_FOUND])
        return Q(message__in=found) | Q(link__in=list(links.values_list("pk", flat=True)[:_FOUND]))

    @admin.action(description=_("Send once more what failed"), permissions=_EVERYBODY)
    def send_again(self, request: HttpRequest, rows: QuerySet[Delivery]) -> HttpResponse | None:
        """Replay those of the chosen deliveries that failed and can still be sent."""
        question = Question(
            "send_again",
            _("Send once more what failed?"),
            (
                _("What failed and has not expired is sent once more, in order."),
                _("What may have arrived already arrives twice then."),
                _("What waits, has arrived or was cancelled is left as it is."),
            ),
            _("Send once more"),
        )
        if asked := ask_first(request, rows, question):
            return asked
        done = replay(_same(rows))
        self._tell(request, rows, "replayed", gettext("Due again: %(count)d.") % {"count": done})
        return None

    @admin.action(description=_("Cancel what still waits"), permissions=_EVERYBODY)
    def cancel_waiting(self, request: HttpRequest, rows: QuerySet[Delivery]) -> HttpResponse | None:
        """Cancel those of the chosen deliveries that nobody is sending, for good."""
        question = Question(
            "cancel_waiting",
            _("Cancel what still waits?"),
            (
                _("What waits is never sent, and its text is erased. That cannot be undone."),
                _("What is being sent at this moment, or has ended, is left as it is."),
            ),
            _("Cancel for good"),
        )
        if asked := ask_first(request, rows, question):
            return asked
        done = cancel(_same(rows), reason="by_hand")
        self._tell(request, rows, "cancelled", gettext("Cancelled: %(count)d.") % {"count": done})
        return None

    def _tell(self, request: HttpRequest, rows: QuerySet[Delivery], what: str, text: str) -> None:
        record_all(_same(rows), what, request.user)
        messages.info(request, text)


def _same(rows: QuerySet[Delivery]) -> DeliveryQuerySet:
    """Return the chosen rows, already reduced to the visitor's, without the list's joins."""
    return Delivery.objects.filter(pk__in=list(rows.values_list("pk", flat=True)))


@admin.register(Attempt)
class AttemptAdmin(LongList[Attempt]):
    """Each call made for a delivery."""

    about_members = True
    list_display = ("delivery", "organization", "outcome", "reason", "code", "started_at")
    list_filter = (AgeFilter, "outcome")
    list_select_related = ("delivery", "organization")
    search_help_text = _("The delivery's id")
    fields = (
        "organization",
        "delivery",
        ("outcome", "reason"),
        ("code", "trace"),
        ("started_at", "duration"),
    )

    def named(self, wanted: str) -> Q:
        """Find by the delivery's id."""
        return Q(delivery=uuid_of(wanted))
