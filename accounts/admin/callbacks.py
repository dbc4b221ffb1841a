"""Callbacks to ovice, for staff: above all those it did not take."""

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from accounts.admin_base.confirm import Question, ask_first
from accounts.admin_base.filters import ReasonFilter
from accounts.admin_base.scoped import ScopedAdmin
from accounts.owners.audit_log import record_all
from accounts.owners.roles import STAFF
from integrations.models import Callback
from integrations.ovice.callbacks import retry_dead_letters

_AGAIN = Question(
    "tell_again",
    _("Tell ovice again?"),
    (_("What was given up is told once more, with all its tries. ovice knows what it has seen."),),
    _("Tell ovice again"),
)


@admin.register(Callback)
class CallbackAdmin(ScopedAdmin[Callback]):
    """Callbacks hold ids and states only; those that were given up can be told again."""

    seen_by = STAFF
    list_display = ("type", "organization", "happened_at", "status", "tries", "given_up_at")
    list_filter = (
        ("given_up_at", admin.EmptyFieldListFilter),
        ("delivered_at", admin.EmptyFieldListFilter),
        ("type", ReasonFilter),
    )
    list_select_related = ("organization",)
    search_fields = ("=id", "organization__name", "organization__ovice_id__exact")
    search_help_text = _("The callback's own id, or the organization")
    date_hierarchy = "happened_at"
    ordering = ("-happened_at", "-pk")
    actions = ("export", "tell_again")
    fields = (
        "organization",
        ("type", "data"),
        ("happened_at", "due_at", "claimed_at"),
        ("status", "tries"),
        ("delivered_at", "given_up_at"),
    )

    @admin.action(
        description=_("Tell ovice again what was given up"),
        permissions=["support", "administrator"],
    )
    def tell_again(self, request: HttpRequest, rows: QuerySet[Callback]) -> HttpResponse | None:
        """Make the chosen dead letters due again, with all their tries."""
        if asked := ask_first(request, rows, _AGAIN):
            return asked
        letters = list(Callback.objects.dead_letters().filter(pk__in=rows.values("pk")))
        record_all(letters, "callback_retried", request.user)
        count = retry_dead_letters(Callback.objects.filter(pk__in=[one.pk for one in letters]))
        said = ngettext(
            "%(count)d callback is due again.", "%(count)d callbacks are due again.", count
        )
        messages.info(request, said % {"count": count})
        return None
