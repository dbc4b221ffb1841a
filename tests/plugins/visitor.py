"""A member in front of their pages: a client whose session a visit has begun."""

from collections.abc import Callable

import pytest
from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.test import Client, RequestFactory

from accounts.members.session import LAUNCH_LASTS, Purpose, begin_visit
from accounts.models import Member


def session_of(member: Member, client: Client | None = None) -> str:
    """Begin a visit, in the client's session where there is one, and return the session's key."""
    request = RequestFactory().get("/")
    request.session = (client or Client()).session
    request.user = AnonymousUser()
    begin_visit(request, member, purpose=Purpose.LINK, lasts=LAUNCH_LASTS)
    request.session.save()
    assert request.session.session_key
    return request.session.session_key


@pytest.fixture
def visitor() -> Callable[..., Client]:
    """Return a function that makes a client in which a member is acting."""

    def enter(member: Member, client: Client | None = None, **options) -> Client:
        client = client or Client(**options)
        client.cookies[settings.SESSION_COOKIE_NAME] = session_of(member, client)
        return client

    return enter
