"""The admin site that owners, support and administrators share."""

from django.contrib.admin import AdminSite
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from accounts.models import Ownership, User


class KotozuteAdminSite(AdminSite):
    """The portal: nobody enters it by a password."""

    site_title = site_header = "Kotozute"
    # Bare addresses would tell a stranger which pages exist.
    final_catch_all_view = True

    def has_permission(self, request: HttpRequest) -> bool:
        """Let staff in, and whoever owns an organization."""
        user = request.user
        if not isinstance(user, User) or not user.is_active:
            return False
        return user.is_staff or Ownership.objects.filter(user=user).exists()

    def login(self, request: HttpRequest, extra_context: object = None) -> HttpResponse:  # noqa: ARG002 - Django's signature
        """Send everybody to the one sign-in page."""
        wanted = request.GET.get("next") or reverse("admin:index", current_app=self.name)
        return redirect_to_login(wanted)
