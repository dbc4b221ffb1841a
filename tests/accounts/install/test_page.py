"""The page before the app is connected names exactly the app that is connected."""

import pytest
from django.test import Client

from accounts.install.views import CALLBACKS_PER_NETWORK
from accounts.models import InstallRequest
from integrations.models import Installation
from tests.plugins.installing import (
    CALLBACK,
    CONFIRM,
    agree,
    decide,
    hidden,
    install_from_workplace,
    start,
)
from tests.plugins.portal import make_owner, sign_in

pytestmark = pytest.mark.django_db


def test_the_page_names_the_community(sandbox, app, owner):
    page = owner.get(install_from_workplace(sandbox, app, sandbox.community("Beta")), follow=True)
    assert "Community: Beta" in page.content.decode()
    assert Installation.objects.count() == 0


def test_a_page_does_not_connect_what_came_after_it(sandbox, app, acme, organization, owner):
    shown = owner.get(install_from_workplace(sandbox, app, acme), follow=True)
    owner.get(install_from_workplace(sandbox, app, sandbox.community("Beta")))
    form = hidden(shown) | {"organization": organization.pk}
    answer = owner.post(CONFIRM, form)
    assert answer.status_code == 409
    assert "Another installation came in between" in answer.content.decode()
    assert Installation.objects.count() == 0


def test_an_answer_about_something_else_is_refused(sandbox, app, acme, organization, owner):
    owner.get(install_from_workplace(sandbox, app, acme))
    for value in ("", "other", "\x00"):
        assert agree(owner, organization, request=value).status_code == 409
        assert agree(owner, organization, community=value).status_code == 409
    assert Installation.objects.count() == 0
    agree(owner, organization)
    assert Installation.objects.get().community_id == acme


def test_an_answer_before_the_community_is_known_is_refused(
    sandbox, app, acme, organization, owner
):
    owner.get(install_from_workplace(sandbox, app, acme))
    sandbox.fault("html", status=503, endpoint="me")
    assert 'name="organization"' not in owner.get(CONFIRM).content.decode()
    sandbox.lift_faults()
    form = {"organization": organization.pk, "request": "", "community": ""}
    assert owner.post(CONFIRM, form).status_code == 409


def test_only_the_page_that_warns_of_it_ends_links(sandbox, app, acme, new_office):
    office = new_office()
    link = office.join("Hanako")
    owner = sign_in(make_owner(office.organization, "alice@example.com"))
    owner.get(install_from_workplace(sandbox, app, acme))
    asked = agree(owner, office.organization)
    assert "This is another community: Acme" in asked.content.decode()
    link.refresh_from_db()
    assert link.removed_at is None
    agree(owner, office.organization)
    assert Installation.objects.live().get().community_id == acme


def test_a_dialog_during_an_outage_ends_on_the_page_that_names_it(sandbox, app, acme, owner):
    back = decide(start(owner), acme)
    sandbox.fault("html", status=503, endpoint="me")
    owner.get(back, follow=True)
    sandbox.lift_faults()
    assert "Community: Acme" in owner.get(CONFIRM).content.decode()


def test_one_network_cannot_fill_the_table_with_codes(app, owner):
    browser = Client()
    for _ in range(CALLBACKS_PER_NETWORK):
        assert browser.get(CALLBACK, {"code": "AQ"})["Location"] == CONFIRM
    answer = browser.get(CALLBACK, {"code": "AQ"}, follow=True)
    assert (answer.status_code, "code=" in answer.request["QUERY_STRING"]) == (429, False)
    assert "Not possible just now" in answer.content.decode()
    assert InstallRequest.objects.count() == CALLBACKS_PER_NETWORK
    elsewhere = browser.get(CALLBACK, {"code": "AQ"}, REMOTE_ADDR="192.0.2.7")
    assert elsewhere["Location"] == CONFIRM
