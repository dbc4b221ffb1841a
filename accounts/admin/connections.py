"""Connections and spaces: what ovice and the target say about them, to read only."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from accounts.admin_filters import GoneFilter
from accounts.scoped_admin import ScopedAdmin
from integrations.models import Installation, Space


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


@admin.register(Space)
class SpaceAdmin(ScopedAdmin[Space]):
    """The spaces ovice has told of."""

    list_filter = (("removed_at", GoneFilter),)
    list_display = ("name", "domain", "ovice_id", "organization", "removed_at")
    list_select_related = ("organization",)
    search_fields = ("name", "domain", "=ovice_id")
    fields = ("organization", "name", "domain", "ovice_id", "removed_at")
    ordering = ("name", "pk")
