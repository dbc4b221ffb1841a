"""The portal's cast: two owners of two organizations, staff, a member and a stranger."""

from dataclasses import dataclass

import pytest
from allauth.account.internal.flows.login import record_authentication
from django.test import Client, RequestFactory

from accounts.models import Ownership, User
from integrations.models import Installation, Organization
from tests.factories import give_second_factor, make_installation, make_organization


def sign_in(user: User, browser: Client | None = None, *, proved: bool = True) -> Client:
    """Return a browser in which ``user`` is signed in and, if ``proved``, has just shown it."""
    client = browser or Client()
    if user.is_staff:
        give_second_factor(user)
    client.force_login(user)
    if proved:
        request = RequestFactory().get("/")
        request.session = client.session
        record_authentication(request, user, method="mfa" if user.is_staff else "code")
        request.session.save()
    return client


def make_owner(organization: Organization, email: str) -> User:
    """Return a user who owns ``organization``."""
    user = User.objects.create_user(email)
    Ownership.objects.create(user=user, organization=organization)
    return user


@dataclass
class Portal:
    """Alice owns A, Bob owns B; each has a live connection."""

    a: Organization
    b: Organization
    installation_a: Installation
    installation_b: Installation
    visitors: dict[str, Client]

    def browser(self, who: str) -> Client:
        """Return the browser of one of VISITORS."""
        return self.visitors[who]


VISITORS = ("owner A", "owner B", "support", "administrator", "member", "stranger")


@pytest.fixture
def portal(db) -> Portal:
    """Set the stage."""
    a, b = make_organization(name="Acme"), make_organization(name="Beta")
    people = {
        "owner A": make_owner(a, "alice@example.com"),
        "owner B": make_owner(b, "bob@example.com"),
        "support": User.objects.create_user("support@example.com", is_staff=True),
        "administrator": User.objects.create_superuser("admin@example.com"),
        # Signed in, and nothing to do here.
        "member": User.objects.create_user("member@example.com"),
    }
    visitors = {who: sign_in(user) for who, user in people.items()} | {"stranger": Client()}
    return Portal(a, b, make_installation(a), make_installation(b), visitors)
