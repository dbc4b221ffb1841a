"""The one base of every admin page: it shows rows of the visitor's organizations and no others.

Lists, counts, searches, filters, look-ups in other pages, history, actions and exports all start
from ``get_queryset``. A user without a role sees nothing, and no page changes or deletes anything
unless its class names the role that may. Django's own permission rows are not used.
"""

import csv
import re
from collections.abc import Collection, Iterable
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar, cast
from unicodedata import normalize
from uuid import UUID

from django import forms
from django.contrib import admin, messages
from django.contrib.admin import AdminSite
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.options import IncorrectLookupParameters, ModelAdmin
from django.contrib.admin.utils import label_for_field, lookup_field
from django.core.exceptions import ValidationError
from django.db import DataError
from django.db.models import ForeignKey, Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.admin_base.labels import translate_labels
from accounts.owners.audit_log import Tenant, entries_of, record_look
from accounts.owners.audit_messages import what_was_done, who_did_it
from accounts.owners.roles import EVERYBODY, STAFF, SiteRole, Visitor, role_of, visible_ids
from core.text import LINE_ENDS, visible_start

Row = TypeVar("Row", bound=Model)

HISTORY_LENGTH = 200
# Django's head of the column that chooses rows.
_CHOOSE_ALL: Any = getattr(ModelAdmin.action_checkbox, "short_description", "")
# A spreadsheet would take these as the beginning of a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
# In some countries a spreadsheet ends a cell at one of these, whatever quotes are around it.
_CELL_ENDS = re.compile(rf"(?<=[;|\t{LINE_ENDS}])")
# Lookups of Django's filters on the columns that a page offers, and the steps of its dates.
_FILTERED_BY = ("", "__exact", "__in", "__isnull", "__isempty")
_DATE_STEPS = ("__year", "__month", "__day")


if TYPE_CHECKING:
    _ModelAdmin = ModelAdmin
else:

    class _ModelAdmin(ModelAdmin):
        """Django's class as the type checker knows it: generic in its model."""

        def __class_getitem__(cls, _model: object) -> type:
            return cls


class ScopedAdmin(_ModelAdmin[Row]):
    """Rows of the organizations that the visitor may see, read-only unless a class says more."""

    # The look-up that leads from a row to its organization; "" for the organization itself.
    organization_path: ClassVar[str] = "organization"
    seen_by: ClassVar[Collection[SiteRole]] = EVERYBODY
    changed_by: ClassVar[Collection[SiteRole]] = ()
    added_by: ClassVar[Collection[SiteRole]] = ()

    # Whether its rows are about members: then the owners see which staff looked at them.
    about_members: ClassVar[bool] = False

    # More would weigh more than 60 kB.
    list_per_page = 30
    show_full_result_count = False
    actions: Any = ["export"]

    def __init__(self, model: type[Row], admin_site: AdminSite) -> None:
        super().__init__(model, admin_site)
        translate_labels(model)

    @property
    def media(self) -> forms.Media:
        """Return the one script these pages need; Django's other scripts weigh 85 kB."""
        return forms.Media(js=["admin/js/actions.js"])

    @admin.display(description=_CHOOSE_ALL)
    def action_checkbox(self, obj: Row) -> SafeString:
        """Return the box that chooses a row; a template for each is a seventh of a list's time."""
        return format_html(
            '<input type="checkbox" name="{}" value="{}" class="action-select" aria-label="{}">',
            ACTION_CHECKBOX_NAME,
            obj.pk,
            gettext("Select this object for an action - {}").format(obj),
        )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Row]:
        """Return only rows of the visitor's organizations."""
        rows = super().get_queryset(request)
        if role_of(request.user) not in self.seen_by:
            return rows.none()
        return self.scope(rows, request.user)

    def scope(self, rows: QuerySet[Row], user: Visitor) -> QuerySet[Row]:
        """Reduce ``rows`` to those ``user`` may see."""
        if role_of(user) in STAFF:
            return rows
        lookup = f"{self.organization_path}__in" if self.organization_path else "pk__in"
        return rows.filter(**{lookup: visible_ids(user)})

    def has_module_permission(self, request: HttpRequest) -> bool:
        """Return whether the visitor's role sees this kind of row at all."""
        return role_of(request.user) in self.seen_by

    def has_view_permission(self, request: HttpRequest, obj: Row | None = None) -> bool:
        """Return whether the visitor may see this row."""
        return self._may(self.seen_by, request, obj)

    def has_change_permission(self, request: HttpRequest, obj: Row | None = None) -> bool:
        """Return whether the visitor may change this row in its form."""
        return self._may(self.changed_by, request, obj)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Return whether the visitor may make a row by hand."""
        return self._may(self.added_by, request, None)

    def has_delete_permission(self, request: HttpRequest, obj: Row | None = None) -> bool:
        """Refuse: rows end by what they stand for, and go by the purge."""
        del request, obj
        return False

    def has_owner_permission(self, request: HttpRequest) -> bool:
        """Let ``@admin.action(permissions=["owner"])`` be offered to owners."""
        return role_of(request.user) is SiteRole.OWNER

    def has_support_permission(self, request: HttpRequest) -> bool:
        """Let ``@admin.action(permissions=["support"])`` be offered to support."""
        return role_of(request.user) is SiteRole.SUPPORT

    def has_administrator_permission(self, request: HttpRequest) -> bool:
        """Let ``@admin.action(permissions=["administrator"])`` be offered to administrators."""
        return role_of(request.user) is SiteRole.ADMINISTRATOR

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        """Allow filters that the page offers; any other column could be guessed bit by bit."""
        del value
        offered = {_parameter_of(item) for item in self.get_list_filter(request)}
        allowed = {f"{name}{step}" for name in offered for step in _FILTERED_BY}
        if self.date_hierarchy:
            allowed |= {f"{self.date_hierarchy}{step}" for step in _DATE_STEPS}
        return lookup in allowed

    def get_object(
        self, request: HttpRequest, object_id: str, from_field: str | None = None
    ) -> Row | None:
        """Return the row of that key; an empty name of another column means none."""
        return super().get_object(request, object_id, from_field or None)

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        """Return the list; values that no column can have lead to the whole of it, and say so.

        Django asks the database for the count here, and so meets all that it could refuse later.
        """
        try:
            return super().get_changelist_instance(request)
        except (IncorrectLookupParameters, ValueError, OverflowError, DataError) as error:
            if not request.GET:
                raise
            words = _("This address asked for what no filter offers, so you see the whole list.")
            messages.warning(request, words)
            raise IncorrectLookupParameters from error

    def response_action(
        self, request: HttpRequest, queryset: QuerySet[Row], *where: Any
    ) -> HttpResponse | None:
        """Do what was chosen, unless something among it can be no row's key."""
        if all(map(self._is_key, request.POST.getlist(ACTION_CHECKBOX_NAME))):
            return super().response_action(request, queryset, *where)
        messages.warning(request, _("What you chose is not in this list. Nothing was done."))
        return None

    def formfield_for_foreignkey(
        self, db_field: "ForeignKey[Any]", request: HttpRequest, **options: Any
    ) -> Any:
        """Offer only rows that the visitor sees on the other table's own page."""
        other = self.admin_site._registry.get(db_field.remote_field.model)  # noqa: SLF001 - as Django's own autocomplete does
        rows = db_field.remote_field.model._default_manager.none()  # noqa: SLF001 - Django's public API
        options["queryset"] = other.get_queryset(request) if other else rows
        return super().formfield_for_foreignkey(db_field, request, **options)

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: Any = None
    ) -> HttpResponse:
        """Show who changed what of this row, from the audit log."""
        entries = [
            (entry.timestamp, who_did_it(entry, request.user), what_was_done(entry))
            for entry in entries_of(self.model, object_id)[:HISTORY_LENGTH]
        ]
        context = {"entries": entries, **(extra_context or {})}
        return super().history_view(request, object_id, context)

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """Note whose members staff saw in a list."""
        answer = super().changelist_view(request, extra_context)
        shown = getattr(answer, "context_data", None) or {}
        if self.about_members and "cl" in shown:
            self._note(request, "list", shown["cl"].result_list)
        return answer

    def render_change_form(  # noqa: PLR0917 - Django's signature
        self,
        request: HttpRequest,
        context: Any,
        add: bool = False,
        change: bool = False,
        form_url: str = "",
        obj: Row | None = None,
    ) -> HttpResponse:
        """Note that staff saw a row about a member."""
        if self.about_members and obj is not None:
            record_look(request.user, "page", cast("Tenant", obj))
        return super().render_change_form(request, context, add, change, form_url, obj)

    def _note(self, request: HttpRequest, what: str, rows: Iterable[Any]) -> None:
        organizations = {row.organization for row in rows if row.organization_id is not None}
        record_look(request.user, what, *organizations)

    def log_addition(self, *_: Any) -> Any:
        """Leave the history to the audit log."""

    def log_change(self, *_: Any) -> Any:
        """Leave the history to the audit log."""

    @admin.action(description=_("Export the selected rows (CSV)"), permissions=["view"])
    def export(self, request: HttpRequest, rows: QuerySet[Row]) -> HttpResponse:
        """Return what the list shows of the chosen rows, as a spreadsheet reads it."""
        columns = [name for name in self.get_list_display(request) if name != "action_checkbox"]
        answer = HttpResponse(content_type="text/csv; charset=utf-8")
        name = self.opts.model_name
        answer["Content-Disposition"] = f'attachment; filename="{name}.csv"'
        answer.write("\ufeff")  # or spreadsheets take it for another encoding
        writer = csv.writer(answer)
        writer.writerow([label_for_field(column, self.model, self) for column in columns])
        if self.about_members:
            self._note(request, "export", rows)
        for row in rows:
            writer.writerow([_cell(lookup_field(column, row, self)[2]) for column in columns])
        return answer

    def _may(self, roles: Collection[SiteRole], request: HttpRequest, obj: Row | None) -> bool:
        if role_of(request.user) not in roles:
            return False
        return obj is None or self._reaches(request, obj.pk)

    def _is_key(self, text: str) -> bool:
        try:
            self.opts.pk.clean(text, None)
        except ValidationError:
            return False
        return True

    def _reaches(self, request: HttpRequest, pk: UUID | str | int) -> bool:
        """Return whether this row is the visitor's, asking once per request."""
        known: dict[Any, bool] = request.__dict__.setdefault("_kotozute_reached", {})
        if (self.model, pk) not in known:
            known[self.model, pk] = self.get_queryset(request).filter(pk=pk).exists()
        return known[self.model, pk]


def _parameter_of(item: Any) -> str:
    """Return the name by which an address asks for a filter: a column's, or the filter's own."""
    named = item[0] if isinstance(item, list | tuple) else item
    return str(getattr(named, "parameter_name", named))


def _cell(value: Any) -> str:
    """Return a value as a spreadsheet shows it, without a formula wherever it ends a cell."""
    text = "" if value is None else str(value)
    return "".join(_harmless(part) for part in _CELL_ENDS.split(text))


def _harmless(part: str) -> str:
    """Return the text with a mark before what would be a formula, also one in wide signs."""
    start = normalize("NFKC", part[:1])
    blank = normalize("NFKC", visible_start(part)[:1])
    return f"'{part}" if start.startswith(_FORMULA) or blank.startswith(_FORMULA) else part
