"""The events ovice has sent, and how each chat target as a whole is doing: for staff."""

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from accounts.admin_base.large_tables import LongList
from accounts.admin_base.scoped import ScopedAdmin
from accounts.owners.roles import STAFF, Visitor
from messaging.models import Outage, ReceivedEvent


@admin.register(ReceivedEvent)
class ReceivedEventAdmin(LongList[ReceivedEvent]):
    """The events ovice has sent, for staff."""

    seen_by = STAFF
    list_display = ("ovice_id", "organization", "type", "outcome", "received_at")
    list_select_related = ("organization",)
    search_help_text = _("The event's id in ovice")
    # Their ids are ovice's, and say nothing of time.
    ordering = ("-received_at", "ovice_id")
    fields = ("ovice_id", "organization", "type", "outcome", "received_at")

    def named(self, wanted: str) -> Q:
        """Find by the event's id."""
        return Q(ovice_id=wanted)


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
