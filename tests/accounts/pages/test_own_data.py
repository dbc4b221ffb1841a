"""A member's own data: downloaded whole, and erased for good."""

import pytest

from accounts.models import Ground, Member
from accounts.owners.ownership import grant_ownership
from integrations.models.removal import Removal
from integrations.removal.purge import purge_ready
from tests.accounts.pages.conftest import press_link, text_of
from tests.factories import make_delivery, make_member

pytestmark = pytest.mark.django_db


def test_a_member_downloads_their_own_data(visitor, hanako):
    client = visitor(hanako)
    press_link(client)
    make_delivery(hanako.links.get(), text="for Hanako")
    make_delivery(text="for somebody else")

    answer = client.post("/link/export/")

    data = answer.json()["data"]
    assert 'filename="kotozute-my-data.json"' in answer["Content-Disposition"]
    assert "no-store" in answer["Cache-Control"]
    assert data["accounts.Member"][0]["email"] == "hanako@example.com"
    assert "for Hanako" in data["messaging.Message"][0]["content"]
    assert b"somebody else" not in answer.content
    # A finder of the file must not become its owner.
    assert data["sessions.Session"]
    assert client.session.session_key.encode() not in answer.content


def test_opening_the_page_erases_nothing(visitor, hanako):
    assert "Erase my data" in text_of(visitor(hanako).get("/link/erase/"))
    assert not Removal.objects.exists()


def test_an_owner_reads_that_their_sign_in_goes_as_well(visitor, hanako):
    said = "Your sign-in to your organization's settings goes as well."
    assert said not in text_of(visitor(hanako).get("/link/erase/"))
    grant_ownership(hanako, Ground.OWNER)
    assert said in text_of(visitor(hanako).get("/link/erase/"))


def test_a_member_erases_everything_and_gets_a_receipt(visitor, hanako):
    colleague = make_member(hanako.organization)
    client = visitor(hanako)
    press_link(client)

    answer = client.post("/link/erase/")
    purge_ready(seconds=10)

    removal = Removal.objects.get()
    assert answer["Location"] == f"/removal/{removal.confirmation_code}"
    assert "Done" in text_of(client.get(answer["Location"]))
    assert list(Member.objects.all()) == [colleague]
    assert client.get("/link/").status_code == 302


@pytest.mark.parametrize("path", ["/link/export/", "/link/erase/"])
def test_a_stranger_gets_nothing(client, db, path):
    assert client.post(path).status_code == 302
    assert not Removal.objects.exists()
