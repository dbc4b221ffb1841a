"""Base of every page of a member: a member is acting, and no browser keeps it."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import wraps
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import add_never_cache_headers
from django.utils.translation import gettext

from accounts.members.preferences import time_zone_of
from accounts.members.session import visit
from accounts.models import Member
from integrations.models import Organization

# Answers when the last copy reached each of some links, by link id.
LastDeliveries = Callable[[Collection[UUID]], Mapping[UUID, datetime]]


@dataclass(frozen=True, slots=True)
class Caller:
    """The member who is acting, and how to learn when something last reached them."""

    member: Member
    deliveries: LastDeliveries

    @property
    def organization(self) -> Organization:
        """The organization as whose member they act."""
        return self.member.organization


def for_members(
    view: Callable[[HttpRequest, Caller], HttpResponse],
) -> Callable[[HttpRequest, LastDeliveries], HttpResponseBase]:
    """Give ``view`` the caller, in their own time zone; ask who is nobody to sign in first."""

    @wraps(view)
    def wrapped(request: HttpRequest, deliveries: LastDeliveries) -> HttpResponseBase:
        found = visit(request)
        if found is None:
            if request.method == "POST":
                messages.info(request, gettext("You were signed out, so nothing was changed."))
            # Not to where they were: only the first page can be opened without a form.
            return redirect_to_login(reverse("link"))
        with timezone.override(time_zone_of(found.member)):
            answer = view(request, Caller(found.member, deliveries))
        add_never_cache_headers(answer)
        return answer

    return wrapped
