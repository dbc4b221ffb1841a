"""People: the directory, who is linked, and who may sign in here.

Addresses are shown redacted everywhere but to administrators, who manage the users of this site.
Names of members are for their own organization's owners.
"""

from collections.abc import Mapping
from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from accounts.admin.erasing import ErasesMembers
from accounts.admin_base.confirm import Question, ask_first
from accounts.admin_base.filters import GoneFilter, LinkedFilter, ReasonFilter
from accounts.admin_base.scoped import ScopedAdmin
from accounts.linking.invite import invitable, invite
from accounts.linking.link import RemovedReason
from accounts.linking.status import listed_state, with_links
from accounts.linking.verify import check_links
from accounts.models import Link, Member, Ownership, User
from accounts.models.redaction import redact_email
from accounts.owners.audit_log import record_all
from accounts.owners.roles import STAFF, SiteRole, Visitor
from accounts.signin.reauthentication import needs_proof
from integrations.targets.setup import Words

# Why a link ended or rests, briefly; the codes are the contract's (section 7.7).
_WHY: Mapping[str, Words] = {
    RemovedReason.EMAIL_CHANGED: _("address changed"),
    RemovedReason.MEMBER_REMOVED: _("had left"),
    RemovedReason.ORG_DISCONNECTED: _("was disconnected"),
    RemovedReason.ACCOUNT_GONE: _("account gone"),
    "recipient_refused": _("messages refused"),
    "org_attention": _("the connection needs an owner"),
}
# Each is a call, and somebody waits for them.
LIVE_CALLS = 25
_ADMINISTRATOR = frozenset({SiteRole.ADMINISTRATOR})


@admin.register(Member)
class MemberAdmin(ErasesMembers):
    """People in an organization's directory."""

    about_members = True
    list_display = (
        "ovice_id",
        "redacted_email",
        "role",
        "link_state",
        "organization",
        "removed_at",
    )
    list_filter = (LinkedFilter, "role", ("removed_at", GoneFilter))
    list_select_related = ("organization",)
    actions = ("export", "invite", "erase")
    search_fields = ("ovice_id__exact",)
    search_help_text = _("The person's id in ovice")
    ordering = ("ovice_id", "pk")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Member]:
        """Bring along what tells how each member's link stands, without a query for each."""
        return with_links(super().get_queryset(request))

    @admin.display(description=_("link"))
    def link_state(self, member: Member) -> str:
        """Return the state in the words of the member's own page, and why where it matters."""
        state = listed_state(member)
        why = _WHY.get(state.reason)
        return f"{state.label} ({why})" if why else state.label

    @admin.action(description=_("Invite to link (e-mail)"), permissions=["owner"])
    def invite(self, request: HttpRequest, rows: QuerySet[Member]) -> HttpResponse | None:
        """Ask, then have those of the chosen members written to who may be."""
        chosen = list(rows.values_list("pk", flat=True))
        if "confirmed" not in request.POST:
            context = {**self.admin_site.each_context(request), "members": invitable(chosen)}
            return render(request, "admin/invite.html", context)
        record_all(invitable(chosen), "invited", request.user)
        count = invite(chosen)
        said = ngettext("%(count)d member was invited.", "%(count)d members were invited.", count)
        messages.success(request, said % {"count": count})
        return None

    def get_fields(self, request: HttpRequest, obj: Member | None = None) -> Any:
        """Show the name to owners only."""
        del obj
        shown = ["organization", "ovice_id", "redacted_email", "email_verified", "role", "locale"]
        name = ["shown_name"] if self.has_owner_permission(request) else []
        return [*name, *shown, "removed_at"]

    @admin.display(description=_("name"))
    def shown_name(self, member: Member) -> str:
        """Return the display name."""
        return member.name or "-"

    @admin.display(description=_("e-mail"))
    def redacted_email(self, member: Member) -> str:
        """Return enough of the address to tell two people apart."""
        return redact_email(member.email) or "-"


@admin.register(Link)
class LinkAdmin(ScopedAdmin[Link]):
    """Links of members to accounts, their age, and how former links ended."""

    about_members = True
    list_display = ("member", "organization", "linked_at", "removed_at", "removed_reason")
    list_filter = (("removed_at", GoneFilter), ("removed_reason", ReasonFilter))
    list_select_related = ("member", "organization")
    search_fields = ("member__ovice_id__exact", "account_id__exact")
    search_help_text = _("The person's id in ovice, or the account's id in the chat")
    date_hierarchy = "linked_at"
    actions = ("check_again", "export")
    ordering = ("-linked_at", "-pk")
    fields = (
        "organization",
        "member",
        "installation",
        "account_id",
        "locale",
        "linked_at",
        "removed_at",
        "removed_reason",
    )

    @admin.action(
        description=_("Check whose account it is"),
        permissions=["owner", "support", "administrator"],
    )
    def check_again(self, request: HttpRequest, rows: QuerySet[Link]) -> HttpResponse | None:
        """Ask the target about each chosen link; what is not the member's any more ends."""
        question = Question(
            "check_again",
            _("Check whose accounts these are?"),
            (
                _("The chat is asked for each of them. A link whose account is another's ends."),
                _("Ended links are left as they are."),
            ),
            _("Check now"),
            most=LIVE_CALLS,
        )
        if asked := ask_first(request, rows, question):
            return asked
        links = Link.objects.active().filter(pk__in=list(rows.values_list("pk", flat=True)))
        record_all(links, "link_checked", request.user)
        checked = check_links(links.select_related("member", "installation"))
        text = _("In order: %(well)d. Ended: %(ended)d. Not answered: %(open)d.")
        messages.info(request, text % checked)
        return None


@admin.register(User)
class UserAdmin(ScopedAdmin[User]):
    """Accounts that may sign in. Administrators make support staff here, and take it back."""

    seen_by = changed_by = added_by = _ADMINISTRATOR
    list_display = ("email", "is_staff", "is_superuser", "is_active", "last_login")
    list_filter = ("is_staff", "is_superuser", "is_active")
    search_fields = ()
    ordering = ("email",)
    fields = ("email", "locale", "is_active", "is_staff", "is_superuser", "last_login", "joined_at")

    def scope(self, rows: QuerySet[User], user: Visitor) -> QuerySet[User]:
        """Show all: users are not an organization's, and only administrators come here."""
        del user
        return rows

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> list[str]:
        """Keep administrators from locking themselves out."""
        mine = ["is_active", "is_staff", "is_superuser"] if obj == request.user else []
        return ["last_login", "joined_at", *mine]

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Ask for a proof first: who is made staff here stays it after this session."""
        if self.has_administrator_permission(request) and (asked := needs_proof(request)):
            return asked
        return super().changeform_view(request, object_id, form_url, extra_context)

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        """Save a user who signs in with mailed codes and so has no password.

        A session under another address, or with other rights, ends.
        """
        if not change or {*form.changed_data} - {"locale"}:
            obj.set_unusable_password()
        super().save_model(request, obj, form, change)


@admin.register(Ownership)
class OwnershipAdmin(ScopedAdmin[Ownership]):
    """Owners and their ownerships, for staff."""

    seen_by = STAFF
    list_display = ("shown_user", "organization", "granted_at")
    list_select_related = ("user", "organization")
    search_fields = ("organization__ovice_id__exact", "organization__name")
    ordering = ("-granted_at", "-pk")
    fields = ("shown_user", "organization", "granted_at")

    @admin.display(description=_("user"))
    def shown_user(self, ownership: Ownership) -> str:
        """Return the owner's address, redacted."""
        return redact_email(ownership.user.email)
