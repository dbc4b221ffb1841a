"""Accepted messages, and why some were not relayed."""

from django.contrib import admin
from django.db.models import Q
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.admin_base.large_tables import AgeFilter, LongList, word_filter
from integrations.models import Organization
from messaging.ingest.eligibility import Skip
from messaging.models import Message


def story_link(message_id: object) -> str:
    """Return the way to the story of a message, as a cell shows it."""
    page = reverse("admin:message_story", args=[message_id])
    return format_html('<a href="{}">{}</a>', page, gettext("From ovice to the chat"))


@admin.register(Message)
class MessageAdmin(LongList[Message]):
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
    list_filter = (AgeFilter, word_filter("skipped_reason", tuple(Skip)))
    list_select_related = ("organization",)
    search_help_text = _("The message's, the event's or the recipient's id in ovice")
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
        return story_link(message.pk)

    def named(self, wanted: str) -> Q:
        """Find by an id of ovice."""
        by_name = Message.objects.filter(
            organization__in=Organization.objects.values("pk"), ovice_id=wanted
        )
        keys = list(by_name.values_list("pk", flat=True)[:100])
        return Q(pk__in=keys) | Q(event_id=wanted) | Q(recipient_ovice_id=wanted)
