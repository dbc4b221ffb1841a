"""One member's erasure and export: complete, and nobody else's."""

import json
from datetime import timedelta

import pytest
from django.core.serializers.json import DjangoJSONEncoder
from django.utils.timezone import now

from accounts.linking.link import point_to
from accounts.members.erasure import erase_account, erase_member, export_member
from accounts.models import Link, Member
from integrations.models import Callback, Installation, InstallationKind, InstallationState
from integrations.models.removal import Removal, RemovalScope
from integrations.ovice.callbacks import tell
from integrations.removal.purge import purge_ready
from integrations.removal.uninstall import request_deletion
from integrations.targets.port import Account
from messaging.models import Delivery, Message
from messaging.models.bot import Conversation, ReceivedUpdate
from tests.factories import make_delivery, make_installation, make_link, make_member, make_talk
from tests.removals import receipt_of

pytestmark = pytest.mark.django_db


def two_colleagues() -> tuple[Link, Link]:
    installation = make_installation()
    return make_link(installation), make_link(installation)


def test_an_erased_member_leaves_only_the_receipt():
    gone, colleague = two_colleagues()
    make_delivery(gone)
    kept = make_delivery(colleague)

    removal = erase_member(gone.member)
    assert purge_ready(seconds=10) == 1

    removal.refresh_from_db()
    assert list(Member.objects.all()) == [colleague.member]
    assert list(Link.objects.all()) == [colleague]
    assert list(Delivery.objects.all()) == [kept]
    assert list(Message.objects.all()) == [kept.message]
    assert receipt_of(removal)["tables"]["accounts.Member"] == {"before": 1, "after": 0}
    assert removal.member_id is None


def test_an_erasure_stops_the_copies_at_once():
    delivery = make_delivery()

    erase_member(delivery.link.member)

    delivery.refresh_from_db()
    assert (delivery.state, delivery.message.content) == ("cancelled", None)


def test_asking_twice_is_one_erasure():
    member = make_link().member

    assert erase_member(member) == erase_member(member)


def test_updates_to_earlier_generations_go_as_well():
    """Account ids are scoped to the app, so each generation knows the same person by another."""
    link, colleague = two_colleagues()
    for generation, account_id in enumerate(("another", "third"), start=2):
        make_talk(link.installation, link.account_id)
        make_talk(link.installation, colleague.account_id)
        Installation.objects.update(state=InstallationState.REMOVED)
        link.installation = make_installation(link.organization, generation=generation)
        point_to(link, Account(account_id), now())
        link.save()

    removal = erase_member(link.member)
    assert purge_ready(seconds=10) == 1

    told = receipt_of(removal)["tables"]
    for model in (ReceivedUpdate, Conversation):
        assert told[model._meta.label] == {"before": 2, "after": 0}
        assert set(model.objects.values_list("account_id", flat=True)) == {colleague.account_id}


def test_the_same_account_id_elsewhere_is_somebody_else():
    link = make_link(account_id="1")
    make_talk(make_installation(), "1")

    removal = erase_member(link.member)
    assert purge_ready(seconds=10) == 1

    assert receipt_of(removal)["tables"]["messaging.Conversation"]["before"] == 0
    assert Conversation.objects.count() == 1


def test_a_platforms_deletion_request_erases_who_has_the_account():
    link = make_link(make_installation(kind=InstallationKind.THIRD_PARTY), account_id="77")

    removal = request_deletion("workplace", account_id="77", issued_at=None, digest="1")

    assert (removal.scope, removal.member_id) == (RemovalScope.MEMBER, link.member_id)


def test_a_deletion_request_of_somebody_who_only_talked_with_the_bot_takes_that():
    installation = make_installation(kind=InstallationKind.THIRD_PARTY)
    for account_id in ("77", "78"):
        make_talk(installation, account_id)
    make_talk(make_installation(kind=InstallationKind.CUSTOM), "77")

    removal = request_deletion("workplace", account_id="77", issued_at=None, digest="1")
    assert purge_ready(seconds=10) == 1

    told = receipt_of(removal)["tables"]
    for model in (ReceivedUpdate, Conversation):
        assert told[model._meta.label] == {"before": 1, "after": 0}
        assert not model.objects.filter(installation=installation, account_id="77").exists()
        assert model.objects.count() == 2


def test_everybody_who_had_the_account_by_then_is_erased_and_nobody_later():
    at = now()
    installation = make_installation(kind=InstallationKind.THIRD_PARTY)
    past = [
        make_link(installation, account_id="77", linked_at=at - timedelta(days=days), removed_at=at)
        for days in (3, 2)
    ]
    later = make_link(installation, account_id="77", linked_at=at + timedelta(seconds=2))

    removal = erase_account("workplace", "77", issued_at=at)

    erased = set(Removal.objects.values_list("member_id", flat=True))
    assert erased == {link.member_id for link in past}
    assert removal is not None
    assert removal.member_id == past[1].member_id
    assert list(Link.objects.active()) == [later]


def test_an_account_of_a_pasted_token_belongs_to_another_app():
    make_link(account_id="77")

    assert erase_account("workplace", "77") is None
    assert (
        request_deletion("workplace", account_id="77", issued_at=None, digest="1").member_id is None
    )
    assert purge_ready(seconds=10) == 1
    assert receipt_of(Removal.objects.get())["scope"] == "member"


def test_an_export_has_all_of_the_member_and_nothing_of_others():
    mine, colleague = two_colleagues()
    make_delivery(mine, text="for me")
    make_delivery(colleague, text="not for me")

    found = json.loads(json.dumps(export_member(mine.member), cls=DjangoJSONEncoder))

    data = found["data"]
    assert data["accounts.Member"][0]["email"] == mine.member.email
    assert data["accounts.Link"][0]["account_id"] == mine.account_id
    assert "for me" in data["messaging.Message"][0]["content"]
    assert [len(data[model]) for model in ("messaging.Message", "messaging.Delivery")] == [1, 1]
    assert "not for me" not in json.dumps(found)
    assert colleague.member.ovice_id not in json.dumps(found)


def test_an_export_of_somebody_without_a_link_has_their_directory_entry():
    member = make_member(make_installation().organization)

    assert list(export_member(member)["data"]) == ["exported_at", "accounts.Member"]


@pytest.fixture
def ovice_hears(settings) -> None:
    settings.OVICE_CALLBACK_URL = "https://ovice.example/callback"


@pytest.mark.usefixtures("ovice_hears")
def test_an_export_has_what_ovice_is_still_to_be_told():
    link = make_link()
    tell(link.organization, "link.created", member={"id": link.member.ovice_id})
    tell(link.organization, "link.created", member={"id": "somebody else"})

    told = export_member(link.member)["data"]["integrations.Callback"]

    assert [row["data"]["member"]["id"] for row in told] == [link.member.ovice_id]


@pytest.mark.usefixtures("ovice_hears")
def test_an_erasure_waits_a_little_until_ovice_has_been_told_and_then_takes_the_record_of_it():
    removal = erase_member(make_link().member)

    assert purge_ready(seconds=10) == 0
    Callback.objects.update(delivered_at=now())
    assert purge_ready(seconds=10) == 1

    told = receipt_of(removal)["tables"]["integrations.Callback"]
    assert told == {"before": 1, "after": 0}


@pytest.mark.usefixtures("ovice_hears")
def test_an_erasure_does_not_wait_for_ever_for_ovice():
    erase_member(make_link().member)
    Removal.objects.update(requested_at=now() - timedelta(minutes=6))

    assert purge_ready(seconds=10) == 1
    assert Callback.objects.to_tell().count() == 1
