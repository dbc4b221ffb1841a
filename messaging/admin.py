"""What became of each DM, without its text: for owners their own, for support everybody's."""

from uuid import UUID

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.admin_filters import ReasonFilter
from accounts.audit import record_all
from accounts.roles import STAFF, Visitor
from accounts.scoped_admin import ScopedAdmin
from messaging.models import Attempt, Delivery, DeliveryQuerySet, Message, Outage, ReceivedEvent
from messaging.replay import replay
from messaging.settlement import cancel


@admin.register(Message)
class MessageAdmin(ScopedAdmin[Message]):
    """Accepted messages, and why some were not relayed."""

    about_members = True
    list_display = (
        "ovice_id",
        "organization",
        "recipient_ovice_id",
        "sent_at",
        "skipped_reason",
        "deleted_at",
    )
    list_filter = (("skipped_reason", ReasonFilter), ("deleted_at", admin.EmptyFieldListFilter))
    list_select_related = ("organization",)
    search_fields = ("=ovice_id", "=event_id", "=recipient_ovice_id")
    search_help_text = _("The message's, the event's or the recipient's id in ovice")
    date_hierarchy = "sent_at"
    ordering = ("-sent_at", "-pk")
    fields = (
        "organization",
        "story",
        ("ovice_id", "event_id"),
        "recipient_ovice_id",
        "space_ovice_id",
        ("sent_at", "accepted_at"),
        "skipped_reason",
        "deleted_at",
    )

    @admin.display(description=_("what happened"))
    def story(self, message: Message) -> str:
        """Return the way to the message's story."""
        return _story_link(message.pk)


@admin.register(Delivery)
class DeliveryAdmin(ScopedAdmin[Delivery]):
    """Each message on its way to a linked account."""

    about_members = True
    list_display = ("message", "organization", "state", "reason", "sent_at", "due_at", "tries")
    list_filter = ("state", ("reason", ReasonFilter))
    list_select_related = ("message", "organization")
    search_fields = ("=id", "=message__ovice_id", "=message__recipient_ovice_id")
    search_help_text = _("The delivery's own id, or the message's or the recipient's id in ovice")
    date_hierarchy = "sent_at"
    ordering = ("-sent_at", "-pk")
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
        return _story_link(delivery.message_id)

    @admin.action(
        description=_("Send once more what failed"),
        permissions=["owner", "support", "administrator"],
    )
    def send_again(self, request: HttpRequest, rows: QuerySet[Delivery]) -> None:
        """Replay those of the chosen deliveries that failed and can still be sent."""
        done = replay(_same(rows))
        self._tell(request, rows, "replayed", gettext("Due again: %(count)d.") % {"count": done})

    @admin.action(
        description=_("Cancel what still waits"),
        permissions=["owner", "support", "administrator"],
    )
    def cancel_waiting(self, request: HttpRequest, rows: QuerySet[Delivery]) -> None:
        """Cancel those of the chosen deliveries that nobody is sending, for good."""
        done = cancel(_same(rows), reason="by_hand")
        self._tell(request, rows, "cancelled", gettext("Cancelled: %(count)d.") % {"count": done})

    def _tell(self, request: HttpRequest, rows: QuerySet[Delivery], what: str, text: str) -> None:
        record_all(_same(rows), what, request.user)
        messages.info(request, text)


def _story_link(message_id: UUID) -> str:
    page = reverse("admin:message_story", args=[message_id])
    return format_html('<a href="{}">{}</a>', page, gettext("From ovice to the chat"))


def _same(rows: QuerySet[Delivery]) -> DeliveryQuerySet:
    """Return the chosen rows, already reduced to the visitor's, without the list's joins."""
    return Delivery.objects.filter(pk__in=list(rows.values_list("pk", flat=True)))


@admin.register(Attempt)
class AttemptAdmin(ScopedAdmin[Attempt]):
    """Each call made for a delivery."""

    about_members = True
    list_display = ("delivery", "organization", "outcome", "reason", "code", "started_at")
    list_filter = ("outcome", ("reason", ReasonFilter))
    list_select_related = ("delivery", "organization")
    search_fields = ("=delivery__id", "=trace")
    search_help_text = _("The delivery's id, or the trace of the call")
    date_hierarchy = "started_at"
    ordering = ("-started_at", "-pk")
    fields = (
        "organization",
        "delivery",
        ("outcome", "reason"),
        ("code", "trace"),
        ("started_at", "duration"),
    )


@admin.register(ReceivedEvent)
class ReceivedEventAdmin(ScopedAdmin[ReceivedEvent]):
    """The events ovice has sent, for staff."""

    seen_by = STAFF
    list_display = ("event_id", "organization", "type", "outcome", "received_at")
    list_filter = (("outcome", ReasonFilter), ("type", ReasonFilter))
    list_select_related = ("organization",)
    search_fields = ("=event_id",)
    search_help_text = _("The event's id in ovice")
    date_hierarchy = "received_at"
    ordering = ("-received_at", "event_id")
    fields = ("event_id", "organization", "type", "outcome", "received_at")


@admin.register(Outage)
class OutageAdmin(ScopedAdmin[Outage]):
    """How each chat target as a whole is doing, for staff; it belongs to no organization."""

    seen_by = STAFF
    list_display = ("target", "began_at", "probe_at", "failures", "over_at")
    ordering = ("target",)
    fields = ("target", "began_at", ("probe_at", "probes"), "failures", "over_at")

    def scope(self, rows: QuerySet[Outage], user: Visitor) -> QuerySet[Outage]:
        """Show all: only staff comes here."""
        del user
        return rows
