"""Support erases a member who asked for it; whoever asks sees the receipt, nobody sees the data."""

from typing import ClassVar

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponseBase
from django.utils.translation import gettext_lazy as _

from accounts.admin_base.confirm import Question, ask_first
from accounts.admin_base.scoped import ScopedAdmin
from accounts.members.erasure import erase_member
from accounts.models import Member
from accounts.owners.audit_log import record
from accounts.signin.reauthentication import needs_proof
from integrations.removal.uninstall import status_url


def _question(member: Member) -> Question:
    """Ask about one member, by the id: support sees no names."""
    return Question(
        "erase",
        _("Erase member %(id)s for good?") % {"id": member.ovice_id},
        (
            _("Links end at once; what still waits is not delivered."),
            _("If they set up the organization here, that sign-in goes as well."),
            _("All that is stored of this member is deleted. That cannot be undone."),
            _("What ovice tells of its directory comes back while the person is in ovice."),
        ),
        _("Erase for good"),
        most=1,
    )


class ErasesMembers(ScopedAdmin[Member]):
    """Adds the erasure to the list of members."""

    # One at a time: each is somebody's own wish, and a wrong tick would be for good.
    MOST_AT_ONCE: ClassVar[int] = 1

    @admin.action(
        description=_("Erase: delete for good all that is stored of this member"),
        permissions=["support"],
    )
    def erase(self, request: HttpRequest, rows: QuerySet[Member]) -> HttpResponseBase | None:
        """Ask, then end the member's links and enter the erasure, after a fresh proof."""
        if asked := needs_proof(request):
            return asked
        chosen = list(rows.select_related("organization")[: self.MOST_AT_ONCE + 1])
        if len(chosen) > self.MOST_AT_ONCE:
            messages.error(request, _("Choose one member. Nothing was erased."))
            return None
        for member in chosen:
            if page := ask_first(request, rows, _question(member)):
                return page
            removal = erase_member(member)
            record(member.organization, "member_erased")
            said = _("The member is being erased. The receipt will be here: %(address)s")
            messages.success(request, said % {"address": status_url(removal)})
        return None
