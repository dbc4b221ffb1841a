"""How each organization's directory was last read, and an owner's word where a pass stopped."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from accounts.admin_base.filters import ReasonFilter
from accounts.admin_base.scoped import ScopedAdmin
from accounts.directory import schedule
from accounts.models import DirectorySync
from accounts.owners.audit_log import record
from accounts.signin.reauthentication import needs_proof


@admin.register(DirectorySync)
class DirectorySyncAdmin(ScopedAdmin[DirectorySync]):
    """One row for each organization; a pass that would remove many people waits for its owner."""

    list_display = ("organization", "members", "applied_at", "stopped_at", "leaving", "failure")
    list_filter = (("stopped_at", admin.EmptyFieldListFilter), ("failure", ReasonFilter))
    list_select_related = ("organization",)
    search_fields = ("organization__name", "organization__ovice_id__exact")
    search_help_text = _("Organization, or its id in ovice")
    ordering = ("-stopped_at", "pk")
    actions = ("export", "apply_all_the_same")
    fields = (
        "organization",
        ("members", "generation"),
        ("applied_at", "due_at"),
        ("stopped_at", "leaving", "present", "confirmed"),
        ("failed_at", "failure", "failures"),
    )

    @admin.action(description=_("Apply all the same"), permissions=["owner"])
    def apply_all_the_same(
        self, request: HttpRequest, rows: QuerySet[DirectorySync]
    ) -> HttpResponseBase | None:
        """Ask, then let as many people go as the page said, and no more; links end with them."""
        if asked := needs_proof(request):
            return asked
        stopped = list(rows.filter(stopped_at__isnull=False))
        leaving = sum(row.leaving for row in stopped)
        if not stopped or request.POST.get("leaving") != str(leaving):
            return self._ask(request, stopped, leaving)
        count = sum(schedule.confirm(row.organization) for row in stopped)
        for row in stopped:
            record(row, "directory_confirmed")
        said = ngettext(
            "%(count)d person will be removed within minutes.",
            "%(count)d people will be removed within minutes.",
            count,
        )
        messages.success(request, said % {"count": count})
        return None

    def _ask(
        self, request: HttpRequest, stopped: list[DirectorySync], leaving: int
    ) -> HttpResponseBase:
        context: dict[str, Any] = {**self.admin_site.each_context(request), "stopped": stopped}
        return render(request, "admin/directory.html", context | {"leaving": leaving})
