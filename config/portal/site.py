"""The admin site that owners, support and administrators share."""

from collections.abc import Iterable
from typing import Any

from django.contrib.admin import AdminSite, ModelAdmin
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import ImproperlyConfigured
from django.db.models import Model
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, URLResolver, path, reverse
from django.utils.translation import gettext_lazy as _

from accounts.admin_base.scoped import ScopedAdmin
from accounts.owners.roles import role_of, visible_organizations
from accounts.signin.views import sign_out
from config.portal.home import home_of
from messaging.support.replay_views import replay_page
from messaging.support.views import urls as story_urls

# No account has a password here; and the redirect would tell which ids of other tenants exist.
_UNUSED = frozenset({"password_change", "password_change_done", "view_on_site"})
_OURS = ("config.", "messaging.", "accounts.", "integrations.")


class KotozuteAdminSite(AdminSite):
    """The portal: nobody enters it by a password, and every page of it is scoped."""

    site_title = site_header = "Kotozute"
    enable_nav_sidebar = False
    # Bare addresses would tell a stranger which pages exist.
    final_catch_all_view = True

    def has_permission(self, request: HttpRequest) -> bool:
        """Let in who has a role."""
        return role_of(request.user) is not None

    def register(
        self,
        model_or_iterable: type[Model] | Iterable[type[Model]],
        admin_class: "type[ModelAdmin[Any]] | None" = None,
        **options: Any,
    ) -> None:
        """Take scoped pages only; those that packages bring along know nothing of organizations.

        Raises ``ImproperlyConfigured`` when a page of our own is not scoped.
        """
        page = admin_class or ModelAdmin
        if issubclass(page, ScopedAdmin):
            super().register(model_or_iterable, page, **options)
        elif page.__module__.startswith(_OURS):
            raise ImproperlyConfigured(f"{page.__name__} has to be a ScopedAdmin.")

    def get_urls(self) -> list[URLPattern | URLResolver]:
        """Leave out the addresses that nothing here needs; add where a launch for setup lands."""
        urls = [url for url in super().get_urls() if getattr(url, "name", None) not in _UNUSED]
        setup = path("setup/", self.admin_view(self.setup), name="setup")
        again = path("replay/", self.admin_view(replay_page), name="replay")
        return [setup, again, *story_urls(self.admin_view), *urls]

    def setup(self, request: HttpRequest) -> HttpResponse:
        """Lead to the one organization's setup, or let an owner of several choose."""
        found = list(visible_organizations(request.user)[:2])
        if len(found) == 1:
            return redirect("admin:integrations_organization_setup", found[0].pk)
        return redirect("admin:index")

    def index(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> TemplateResponse:
        """Show at a look how things are: everything to staff, their own to owners."""
        context = {**home_of(request.user), "title": _("Home"), **(extra_context or {})}
        return super().index(request, context)

    def logout(self, request: HttpRequest, extra_context: object = None) -> HttpResponseBase:  # type: ignore[override] # noqa: ARG002 - Django's signature
        """End the session in the one way there is."""
        return sign_out(request)

    def login(self, request: HttpRequest, extra_context: object = None) -> HttpResponse:  # noqa: ARG002 - Django's signature
        """Send everybody to the one sign-in page."""
        wanted = request.GET.get("next") or reverse("admin:index", current_app=self.name)
        return redirect_to_login(wanted)
