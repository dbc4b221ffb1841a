"""Support erases whoever asks for it, and hands over their data from the server."""

import json
from datetime import timedelta

import pytest
import time_machine
from auditlog.models import LogEntry
from django.core.management import CommandError, call_command
from django.urls import reverse
from django.utils.timezone import now

from accounts.members.erasure import export_member
from accounts.models import Link, Member
from integrations.models.removal import Removal, RemovalScope
from tests.factories import make_delivery, make_link

pytestmark = pytest.mark.django_db


@pytest.fixture
def linked(portal):
    """Two linked members of A."""
    return [make_link(portal.installation_a) for _ in range(2)]


def erase(browser, *links, confirmed="yes"):
    chosen = [str(link.member_id) for link in links]
    url = reverse("admin:accounts_member_changelist")
    data = {"action": "erase", "_selected_action": chosen, "confirmed": confirmed}
    return browser.post(url, data, follow=True)


def test_support_erases_a_member_and_is_shown_where_the_receipt_will_be(portal, linked):
    gone, stays = linked

    page = erase(portal.browser("support"), gone).content.decode()

    removal = Removal.objects.get()
    assert (removal.scope, removal.member_id) == (RemovalScope.MEMBER, gone.member_id)
    assert f"/removal/{removal.confirmation_code}" in page
    assert list(Link.objects.active()) == [stays]
    assert LogEntry.objects.filter(changes__done__1="member_erased").exists()


def test_nobody_is_erased_before_it_is_confirmed(portal, linked):
    page = erase(portal.browser("support"), linked[0], confirmed="").content.decode()

    assert f"Erase member {linked[0].member.ovice_id} for good?" in page
    assert not Removal.objects.exists()
    assert Link.objects.active().count() == 2


def test_not_two_at_once(portal, linked):
    erase(portal.browser("support"), *linked)

    assert not Removal.objects.exists()


def test_a_fresh_proof_is_asked_for(portal, linked):
    with time_machine.travel(now() + timedelta(minutes=11)):
        erase(portal.browser("support"), linked[0])

    assert not Removal.objects.exists()


@pytest.mark.parametrize("who", ["owner A", "owner B", "administrator", "stranger"])
def test_nobody_else_erases(portal, linked, who):
    erase(portal.browser(who), linked[0])

    assert not Removal.objects.exists()


def test_the_handed_over_file_is_the_one_of_the_members_own_page(linked, capsys):
    mine, colleague = linked
    make_delivery(mine, text="for me")
    make_delivery(colleague, text="not for me")

    call_command("export_member", mine.organization.ovice_id, mine.member.ovice_id)

    printed = capsys.readouterr().out
    found = json.loads(printed)
    assert "for me" in found["data"]["messaging.Message"][0]["content"]
    assert set(found["data"]) == set(export_member(mine.member)["data"])
    assert "not for me" not in printed


def test_nobody_of_another_organization_is_handed_over(portal, linked):
    member = Member.objects.get(pk=linked[0].member_id)

    with pytest.raises(CommandError, match="no such member"):
        call_command("export_member", portal.b.ovice_id, member.ovice_id)
