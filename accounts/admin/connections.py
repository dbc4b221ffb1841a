"""Connections, with what helps them, and spaces: what ovice and the target say about them."""

from collections import Counter
from collections.abc import Callable

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.admin_base.confirm import Question, ask_first
from accounts.admin_base.filters import GoneFilter
from accounts.admin_base.scoped import ScopedAdmin
from accounts.owners.audit_log import record_all
from integrations.connections.health import Light, recheck
from integrations.connections.pause import pause, resume
from integrations.models import Installation, Organization, Space

_ROLES = ["owner", "support", "administrator"]
_CHECK = Question(
    "check_now",
    _("Check these connections now?"),
    (_("The chat is asked about each token. What it refuses is told to the owners by e-mail."),),
    _("Check now"),
    most=25,
)
_PAUSE = Question(
    "pause_delivery",
    _("Pause delivery?"),
    (
        _("New direct messages are not taken in, and are not carried later."),
        _("What waits goes on waiting. Links stay. The owners see it, and can resume."),
    ),
    _("Pause"),
)
_RESUME = Question(
    "resume_delivery",
    _("Resume delivery?"),
    (_("Direct messages are delivered again, what waited first."),),
    _("Resume"),
)


@admin.register(Installation)
class InstallationAdmin(ScopedAdmin[Installation]):
    """Every generation of a connection; its token and secret are on no page."""

    list_display = (
        "organization",
        "community_name",
        "target",
        "kind",
        "generation",
        "state",
        "attention_reason",
        "connected_at",
    )
    list_filter = ("state", "kind", "target")
    list_select_related = ("organization",)
    search_fields = ("=community_id", "community_name", "=bot_id", "organization__name")
    search_help_text = _("Community name or id, bot id, or organization")
    date_hierarchy = "connected_at"
    ordering = ("-connected_at", "-pk")
    actions = ("check_now", "pause_delivery", "resume_delivery", "export")
    fields = (
        "organization",
        "target",
        "kind",
        "generation",
        "state",
        ("attention_reason", "attention_at"),
        ("hold_reason", "held_until"),
        ("community_name", "community_id"),
        ("bot_name", "bot_id"),
        "install_id",
        "connected_at",
        "removed_at",
    )

    @admin.action(description=_("Check the connection now"), permissions=_ROLES)
    def check_now(self, request: HttpRequest, rows: QuerySet[Installation]) -> HttpResponse | None:
        """Try each chosen token; what the chat refuses is told to its owners."""
        if asked := ask_first(request, rows, _CHECK):
            return asked
        live = list(_live(rows))
        record_all(live, "checked", request.user)
        lights = Counter(recheck(installation).light for installation in live)
        working = lights[Light.GREEN] + lights[Light.AMBER]
        text = gettext("Checked: %(all)d. Working: %(working)d.")
        messages.info(request, text % {"all": len(live), "working": working})
        return None

    @admin.action(description=_("Pause delivery"), permissions=_ROLES)
    def pause_delivery(
        self, request: HttpRequest, rows: QuerySet[Installation]
    ) -> HttpResponse | None:
        """Pause the organizations of the chosen connections."""
        return self._turn(request, rows, _PAUSE, pause)

    @admin.action(description=_("Resume delivery"), permissions=_ROLES)
    def resume_delivery(
        self, request: HttpRequest, rows: QuerySet[Installation]
    ) -> HttpResponse | None:
        """End the pause of the organizations of the chosen connections."""
        return self._turn(request, rows, _RESUME, resume)

    def _turn(
        self,
        request: HttpRequest,
        rows: QuerySet[Installation],
        question: Question,
        act: Callable[[Organization], bool],
    ) -> HttpResponse | None:
        if asked := ask_first(request, rows, question):
            return asked
        live = list(_live(rows))
        changed = sum(act(installation.organization) for installation in live)
        record_all(live, question.action, request.user)
        messages.info(request, gettext("Changed: %(count)d.") % {"count": changed})
        return None


def _live(rows: QuerySet[Installation]) -> QuerySet[Installation]:
    keys = list(rows.values_list("pk", flat=True))
    return Installation.objects.live().filter(pk__in=keys).select_related("organization")


@admin.register(Space)
class SpaceAdmin(ScopedAdmin[Space]):
    """The spaces ovice has told of."""

    list_filter = (("removed_at", GoneFilter),)
    list_display = ("name", "domain", "ovice_id", "organization", "removed_at")
    list_select_related = ("organization",)
    search_fields = ("name", "domain", "ovice_id__exact")
    fields = ("organization", "name", "domain", "ovice_id", "removed_at")
    ordering = ("name", "pk")
