"""The pages on which an owner connects, looks after and ends a connection.

Support may look on and help. No page shows a token, and only an owner presses anything.
"""

from collections.abc import Callable, Sequence
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import URLPattern, path, reverse
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables

from accounts.admin.bot_setup import bot_setup
from accounts.admin.connect_form import ConnectForm
from accounts.admin_base.scoped import ScopedAdmin
from accounts.install.connect import (
    Outcome,
    check_again,
    connect_custom,
    has_token,
    latest_generation,
    live_installation,
    send_test,
    subscribe_app,
)
from accounts.install.messages import Finding
from accounts.models import User
from accounts.owners.audit_log import record
from accounts.owners.roles import STAFF, owns, role_of
from accounts.signin.reauthentication import is_proved, needs_proof
from core.post_redirect_get import posted_from
from integrations.connections.health import health_of
from integrations.connections.pause import pause, resume
from integrations.models import Installation, InstallationKind, Organization
from integrations.removal.inventory import what_is_stored
from integrations.removal.uninstall import remove_installation
from integrations.targets.port import TARGETS, guide_of, installer_of

# As many of a token's last characters as ovice's own contract lets an owner see.
LAST_SHOWN = 4
_AT = "admin:integrations_organization_"
_from_connection = method_decorator(posted_from(f"{_AT}connection", "pk", "target"))
_from_setup = method_decorator(posted_from(f"{_AT}setup", "pk"))


def connection_url(organization: Organization, target: str) -> str:
    """Return the address of the page on one connection."""
    return reverse(f"{_AT}connection", args=[organization.pk, target])


def _install_url(target: str) -> str:
    """Return where the install of the target's app begins, or nothing where there is no app."""
    is_set_up = installer_of(target).is_set_up()
    return reverse("install_start", kwargs={"target": target}) if is_set_up else ""


def _tends_app(request: HttpRequest, target: str) -> bool:
    """Tell whether the visitor looks after the target's app, and there is one."""
    return role_of(request.user) in STAFF and installer_of(target).is_set_up()


def _tell(
    request: HttpRequest, organization: Organization, target: str, findings: Sequence[Finding]
) -> HttpResponse:
    """Lead to the page of the connection, which shows what was found."""
    for finding in findings:
        level = messages.SUCCESS if finding.ok else messages.ERROR
        messages.add_message(request, level, f"{finding.text} {finding.remedy}".strip())
    return redirect(connection_url(organization, target))


class SetupPages(ScopedAdmin[Organization]):
    """Adds the setup pages to the organizations' own pages."""

    def get_urls(self) -> list[URLPattern]:
        """Return the pages of a connection, then Django's own."""
        pages: dict[str, tuple[str, Callable[..., HttpResponse]]] = {
            "setup/": ("setup", self.setup),
            "setup/<slug:target>/": ("connection", self.connection),
            "setup/<slug:target>/check/": ("check", self.check_connection),
            "setup/<slug:target>/test/": ("test", self.send_test_message),
            "setup/<slug:target>/subscribe/": ("subscribe", self.subscribe),
            "setup/<slug:target>/disconnect/": ("disconnect", self.disconnect),
            "stored/": ("stored", self.stored),
            "pause/": ("pause", self.pause_delivery),
            "resume/": ("resume", self.resume_delivery),
        }
        own = [
            path(
                f"<uuid:pk>/{address}",
                self.admin_site.admin_view(view),
                name=f"integrations_organization_{name}",
            )
            for address, (name, view) in pages.items()
        ]
        return own + super().get_urls()

    def setup(self, request: HttpRequest, pk: UUID) -> HttpResponse:
        """Lead to the connection that is set up here, which so far is the only one there is."""
        return redirect(connection_url(self._organization(request, pk), next(iter(TARGETS))))

    @method_decorator(sensitive_post_parameters("access_token", "app_secret"))
    def connection(self, request: HttpRequest, pk: UUID, target: str) -> HttpResponse:
        """Show the way to a connection and how it stands; save a token that was pasted."""
        organization = self._organization(request, pk, target)
        if request.method != "POST":
            return self._show(request, organization, target)
        self._require_owner(request, organization)
        return needs_proof(request) or self._save(request, organization, target)

    @_from_connection
    def check_connection(self, request: HttpRequest, pk: UUID, target: str) -> HttpResponse:
        """Try the stored token now, for an owner or for support, and tell what was found."""
        organization = self._organization(request, pk, target)
        installation = self._live(organization, target)
        record(installation, "checked")
        return _tell(request, organization, target, check_again(installation))

    @_from_connection
    def send_test_message(self, request: HttpRequest, pk: UUID, target: str) -> HttpResponse:
        """Send the owner a test message, to their own account only."""
        organization = self._organization(request, pk, target)
        owner = self._require_owner(request, organization)
        installation = self._live(organization, target)
        record(installation, "test_sent")
        finding = send_test(installation, owner.email, owner.locale)
        return _tell(request, organization, target, [finding])

    @_from_connection
    def subscribe(self, request: HttpRequest, pk: UUID, target: str) -> HttpResponse:
        """Let staff subscribe the webhooks of the app, which is the operator's, not an owner's."""
        organization = self._organization(request, pk, target)
        if role_of(request.user) not in STAFF:
            raise PermissionDenied
        if not installer_of(target).is_set_up():
            raise Http404
        record(organization, "webhooks_subscribed")
        return _tell(request, organization, target, [subscribe_app(target)])

    def disconnect(self, request: HttpRequest, pk: UUID, target: str) -> HttpResponse:
        """Say what disconnecting does, and do it once that is confirmed."""
        organization = self._organization(request, pk, target)
        self._require_owner(request, organization)
        installation = self._live(organization, target)
        if asked := needs_proof(request):
            return asked
        if request.method != "POST":
            return render(
                request,
                "admin/disconnect.html",
                self._context(request, organization, target, installation),
            )
        record(installation, "disconnected")
        remove_installation(installation)
        messages.success(request, _("Disconnected. The access token has been destroyed."))
        return HttpResponseRedirect(connection_url(organization, target))

    def stored(self, request: HttpRequest, pk: UUID) -> HttpResponse:
        """Show what is stored of the organization, how much of it, and until when."""
        organization = self._organization(request, pk)
        context = {
            **self.admin_site.each_context(request),
            "title": _("What is stored"),
            "organization": organization,
            "lines": what_is_stored(organization),
        }
        return render(request, "admin/stored.html", context)

    @_from_setup
    def pause_delivery(self, request: HttpRequest, pk: UUID) -> HttpResponse:
        """Pause the organization's relay."""
        organization = self._organization(request, pk)
        self._require_owner(request, organization)
        pause(organization)
        messages.success(request, _("Paused. No direct messages are delivered until you resume."))
        return redirect(f"{_AT}setup", pk)

    @_from_setup
    def resume_delivery(self, request: HttpRequest, pk: UUID) -> HttpResponse:
        """End the pause."""
        organization = self._organization(request, pk)
        self._require_owner(request, organization)
        resume(organization)
        messages.success(request, _("Resumed. Direct messages are delivered again."))
        return redirect(f"{_AT}setup", pk)

    @sensitive_variables("form")
    def _save(self, request: HttpRequest, organization: Organization, target: str) -> HttpResponse:
        form = ConnectForm(request.POST, has_token=has_token(organization, target))
        if not form.is_valid():
            return self._show(request, organization, target, form=form)
        outcome = connect_custom(
            organization,
            target,
            form.credentials(),
            seen_generation=form.cleaned_data["seen_generation"],
            confirmed_community=form.cleaned_data["confirmed_community"],
        )
        if outcome.installation is None:
            return self._show(request, organization, target, outcome=outcome)
        for finding in outcome.findings:
            messages.warning(request, finding.text)
        messages.success(request, _("Connected. Members can link their accounts now."))
        return HttpResponseRedirect(connection_url(organization, target))

    def _show(
        self,
        request: HttpRequest,
        organization: Organization,
        target: str,
        *,
        form: ConnectForm | None = None,
        outcome: Outcome | None = None,
    ) -> HttpResponse:
        """Render the page; what was pasted is never in it again."""
        outcome = outcome or Outcome()
        installation = live_installation(organization, target)
        empty = ConnectForm(
            has_token=has_token(organization, target),
            initial={
                "seen_generation": latest_generation(organization, target),
                "confirmed_community": outcome.other_community,
            },
        )
        context = self._context(request, organization, target, installation)
        context |= {"form": form or empty, "outcome": outcome, "findings": outcome.findings}
        return render(request, "admin/connection.html", context)

    def _context(
        self,
        request: HttpRequest,
        organization: Organization,
        target: str,
        installation: Installation | None,
    ) -> dict[str, Any]:
        may_act = owns(request.user, organization.pk)
        token = (installation.access_token or "") if installation and may_act else ""
        return {
            **self.admin_site.each_context(request),
            "title": _("Connect %(target)s") % {"target": guide_of(target).label},
            "organization": organization,
            "target": target,
            "guide": guide_of(target),
            "installation": installation,
            "health": health_of(installation) if installation else None,
            "proved": is_proved(request),
            "install_url": _install_url(target),
            "is_app": bool(installation and installation.kind == InstallationKind.THIRD_PARTY),
            "may_act": may_act,
            "bot": bot_setup(installation) if installation and may_act else None,
            "tends_app": _tends_app(request, target),
            "token_end": token[-LAST_SHOWN:],
            "linked": installation.links.active().count() if installation else 0,
        }

    def _organization(
        self, request: HttpRequest, pk: UUID, target: str | None = None
    ) -> Organization:
        """Return the organization if the visitor sees it; the answer is 404 for any other."""
        organization = self.get_object(request, str(pk))
        if organization is None or (target is not None and target not in TARGETS):
            raise Http404
        return organization

    def _require_owner(self, request: HttpRequest, organization: Organization) -> User:
        if not isinstance(request.user, User) or not owns(request.user, organization.pk):
            raise PermissionDenied
        return request.user

    def _live(self, organization: Organization, target: str) -> Installation:
        installation = live_installation(organization, target)
        if installation is None:
            raise Http404
        return installation
