"""Organizations: an owner's choices, and what staff sees of them."""

from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from accounts.admin.settings_form import OrganizationForm
from accounts.admin.setup import SetupPages
from accounts.owners.roles import SiteRole
from integrations.models import Organization

_CHOICES = ("expire_hours", "copy_shows", "unconfirmed_policy", "language", "support_contact")
# Fields the form may have changed; ovice's own facts may have moved on since the page was opened.
_SAVED = ["expire_after", "copy_shows", "unconfirmed_policy", "language", "contact_sealed"]


@admin.register(Organization)
class OrganizationAdmin(SetupPages):
    """The organizations a visitor may see; only an owner changes anything."""

    organization_path = ""
    changed_by: ClassVar[frozenset[SiteRole]] = frozenset({SiteRole.OWNER})
    form = OrganizationForm
    list_display = ("__str__", "ovice_id", "plan", "linked", "paused_at", "removed_at")
    list_filter = (
        "feature_enabled",
        ("paused_at", admin.EmptyFieldListFilter),
        ("removed_at", admin.EmptyFieldListFilter),
    )
    search_fields = ("name", "ovice_id__exact")
    search_help_text = _("Name, or id in ovice")
    ordering = ("name", "ovice_id")
    readonly_fields = ("name", "ovice_id", "plan", "feature_enabled", "paused_at")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Organization]:
        """Count linked members along with each row."""
        linked = Count("links", filter=Q(links__removed_at=None))
        return super().get_queryset(request).annotate(linked_count=linked)

    def get_fieldsets(self, request: HttpRequest, obj: Organization | None = None) -> Any:
        """Show owners their choices, staff the same to read, without the contact's address."""
        del obj
        owner = self.has_owner_permission(request)
        chosen = _CHOICES if owner else ("expire_after", *_CHOICES[1:4])
        told = ("name", "ovice_id", "plan", "feature_enabled", "paused_at")
        return (
            (_("Your choices") if owner else _("The owner's choices"), {"fields": chosen}),
            (_("What ovice says"), {"fields": told}),
        )

    def save_model(self, request: HttpRequest, obj: Organization, form: Any, change: bool) -> None:
        """Save the choices and nothing else."""
        del request, form, change
        obj.save(update_fields=_SAVED)

    @admin.display(description=_("members linked"), ordering="linked_count")
    def linked(self, organization: Organization) -> int:
        """Return how many members are linked now."""
        count: int = vars(organization)["linked_count"]
        return count
