"""Removals: what is going to be deleted, until when, what is in trouble, and the receipts."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponseBase
from django.utils.html import format_html
from django.utils.timezone import now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from accounts.admin_base.confirm import Question, ask_first
from accounts.admin_base.scoped import ScopedAdmin
from accounts.owners.audit_log import record_all
from accounts.owners.roles import STAFF, Visitor, role_of
from accounts.signin.reauthentication import needs_proof
from integrations.models.removal import Removal
from integrations.removal.alerts import trouble_of
from integrations.removal.uninstall import purge_now, status_url

_PURGE = Question(
    "purge_at_once",
    _("Purge now, for good?"),
    (
        _("Everything of it is deleted within minutes. That cannot be undone."),
        _("A reinstall finds no links any more."),
    ),
    _("Purge now"),
)


@admin.register(Removal)
class RemovalAdmin(ScopedAdmin[Removal]):
    """The ledger; owners see their own, support sees all, and nobody can put one off."""

    list_display = ("confirmation_code", "reason", "organization", "due_at", "standing")
    list_filter = ("reason", "scope", ("finished_at", admin.EmptyFieldListFilter))
    list_select_related = ("organization",)
    search_fields = ("=confirmation_code",)
    search_help_text = _("Confirmation code")
    ordering = ("-requested_at", "-pk")
    actions = ("export", "purge_at_once")
    fields = (
        "confirmation_code",
        "page",
        "reason",
        "scope",
        "organization",
        "generation",
        ("requested_at", "stopped_at"),
        ("purge_at", "due_at"),
        ("begun_at", "progressed_at", "finished_at"),
        ("failed_at", "failure"),
        "standing",
        ("repeats", "repeated_at"),
        "progress",
        "destroyed_keys",
    )

    def get_readonly_fields(self, request: HttpRequest, obj: Removal | None = None) -> Any:
        """Let nothing be edited: times are moved by the button only, and only forward."""
        del request, obj
        return [name for row in self.fields for name in ([row] if isinstance(row, str) else row)]

    def scope(self, rows: QuerySet[Removal], user: Visitor) -> QuerySet[Removal]:
        """Show staff also those whose organization is gone."""
        return rows if role_of(user) in STAFF else super().scope(rows, user)

    @admin.display(description=_("state"))
    def standing(self, removal: Removal) -> str:
        """Return how far it is; trouble is shown in red."""
        if removal.finished_at is not None:
            return str(_("done"))
        if (trouble := trouble_of(removal, now())) is not None:
            return format_html('<strong class="errornote">{}</strong>', trouble.value)
        return str(_("waiting") if removal.begun_at is None else _("purging"))

    @admin.display(description=_("public page"))
    def page(self, removal: Removal) -> str:
        """Return the link under which anybody with the code can follow it."""
        return format_html('<a href="{0}">{0}</a>', status_url(removal))

    @admin.action(
        description=_("Purge now: delete for good, without the rest of the grace period"),
        permissions=["owner", "support"],
    )
    def purge_at_once(
        self, request: HttpRequest, rows: QuerySet[Removal]
    ) -> HttpResponseBase | None:
        """Bring the chosen purges forward to now; it cannot be undone, so a proof is asked for."""
        if asked := needs_proof(request):
            return asked
        if refused := ask_first(request, rows, _PURGE):
            return refused
        waiting = list(rows.filter(finished_at=None))
        for removal in waiting:
            purge_now(removal)
        record_all(waiting, "purge_brought_forward", request.user)
        count = len(waiting)
        said = ngettext("%(count)d purge begins now.", "%(count)d purges begin now.", count)
        messages.success(request, said % {"count": count})
        return None
