"""Entry to the portal; the pages behind it are tested beside each model."""

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import Ownership, User
from tests.factories import make_organization

pytestmark = pytest.mark.django_db


def status_for(user: User) -> int:
    client = Client()
    client.force_login(user)
    return client.get(reverse("admin:index")).status_code


def test_a_stranger_is_sent_to_the_one_sign_in_page():
    answer = Client().get("/admin/", follow=True)
    assert [hop for hop, _ in answer.redirect_chain][-1] == "/account/sign-in/?next=/admin/"


def test_an_owner_may_enter_until_the_ownership_ends():
    user = User.objects.create_user("owner@example.com")
    assert status_for(user) == 302
    owned = Ownership.objects.create(user=user, organization=make_organization())
    assert status_for(user) == 200
    owned.delete()
    assert status_for(user) == 302


def test_somebody_deactivated_may_not_enter():
    user = User.objects.create_user("owner@example.com", is_active=False)
    Ownership.objects.create(user=user, organization=make_organization())
    assert status_for(user) == 302
