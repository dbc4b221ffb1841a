"""The audit log: each owner sees what concerns their organizations, staff see all."""

from typing import Any

from auditlog.models import LogEntry
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from accounts.admin_base.scoped import ScopedAdmin
from accounts.owners.audit_messages import role_word, what_was_done
from accounts.owners.roles import STAFF, Visitor, role_of, visible_ids


@admin.register(LogEntry)
class HistoryAdmin(ScopedAdmin[LogEntry]):
    """Audit log: actor, change or look, and time; owners know staff by their role only."""

    list_display = ("timestamp", "who", "what", "content_type", "object_repr")
    list_filter = ("action",)
    list_select_related = ("content_type", "actor")
    search_fields = ("object_pk__exact",)
    search_help_text = _("The row's own id")
    date_hierarchy = "timestamp"
    ordering = ("-timestamp", "-pk")
    fields = ("timestamp", "who", "what", "content_type", "object_repr", "object_pk")

    def get_list_display(self, request: HttpRequest) -> Any:
        """Show staff also which of them it was, redacted."""
        return (
            (*self.list_display, "actor") if role_of(request.user) in STAFF else self.list_display
        )

    def get_fields(self, request: HttpRequest, obj: LogEntry | None = None) -> Any:
        """Show staff also which of them it was, redacted."""
        del obj
        return (*self.fields, "actor") if role_of(request.user) in STAFF else self.fields

    def scope(self, rows: QuerySet[LogEntry], user: Visitor) -> QuerySet[LogEntry]:
        """Reduce the entries to those of the visitor's organizations."""
        if role_of(user) in STAFF:
            return rows
        own = [str(pk) for pk in visible_ids(user)]
        return rows.filter(additional_data__organization__in=own)

    @admin.display(description=_("who"))
    def who(self, entry: LogEntry) -> str:
        """Return what kind of person it was."""
        return role_word(entry)

    @admin.display(description=_("what"))
    def what(self, entry: LogEntry) -> str:
        """Return what was done or seen; of changed fields the old and new values."""
        return what_was_done(entry)
