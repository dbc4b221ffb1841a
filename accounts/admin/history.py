"""The audit log: each owner sees what concerns their organizations, staff see all."""

from auditlog.models import LogEntry
from django.contrib import admin
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from accounts.roles import STAFF, Visitor, role_of, visible_organizations
from accounts.scoped_admin import ScopedAdmin


@admin.register(LogEntry)
class HistoryAdmin(ScopedAdmin[LogEntry]):
    """Who changed what, and when."""

    list_display = ("timestamp", "content_type", "object_repr", "shown_changes", "actor")
    list_filter = ("action",)
    list_select_related = ("content_type", "actor")
    search_fields = ("=object_pk",)
    search_help_text = _("The changed row's own id")
    date_hierarchy = "timestamp"
    ordering = ("-timestamp", "-pk")
    fields = ("timestamp", "actor", "content_type", "object_repr", "object_pk", "shown_changes")

    def scope(self, rows: QuerySet[LogEntry], user: Visitor) -> QuerySet[LogEntry]:
        """Reduce the entries to those of the visitor's organizations."""
        if role_of(user) in STAFF:
            return rows
        own = [str(pk) for pk in visible_organizations(user).values_list("pk", flat=True)]
        return rows.filter(additional_data__organization__in=own)

    @admin.display(description=_("changes"))
    def shown_changes(self, entry: LogEntry) -> str:
        """Return the changed fields with their old and new values."""
        return str(entry.changes_str)
