"""Changes by a directory event, seen through the view that ovice calls."""

from datetime import datetime, timedelta

import pytest
from django.utils.timezone import now

from accounts.members.erasure import erase_member
from accounts.models import Link, Member
from integrations.models import Installation, InstallationState, Organization, Space
from integrations.models.removal import Removal
from integrations.removal.purge import purge_ready
from messaging.models import DeliveryState, Message
from tests.factories import (
    dm_event,
    event,
    make_delivery,
    make_installation,
    make_link,
    make_member,
    make_organization,
    post_event,
    rfc3339,
)
from tests.messaging.telling import skip_reason, tell
from tests.removals import due, removed

pytestmark = pytest.mark.django_db


def test_an_organization_is_known_from_its_first_directory_event():
    tell(
        "organization.updated", "4821", organization={"id": "4821", "name": "Acme", "plan": "Team"}
    )
    organization = Organization.objects.get(ovice_id="4821")
    assert (organization.name, organization.plan) == ("Acme", "Team")


@pytest.mark.parametrize("name", ["\u3164", "\u2800 \u200b", "\ufe0f\u034f", "\u2028"])
def test_a_name_that_shows_nothing_is_none(name):
    tell("organization.updated", "4821", organization={"id": "4821", "name": name})
    member_event("added", email="hanako@example.com", name=name)
    assert str(Organization.objects.get(ovice_id="4821")) == "4821"
    assert not Member.objects.get().name


def test_a_name_is_cut_after_a_whole_character():
    family = "👨‍👩‍👧‍👦"
    tell("organization.updated", "4821", organization={"id": "4821", "name": family * 50})
    name = Organization.objects.get(ovice_id="4821").name
    assert set(name.removesuffix("…").split(family)) == {""}


def test_a_removed_organization_loses_its_token_links_and_queue():
    delivery = make_delivery()
    tell("organization.removed", delivery.organization.ovice_id, reason="contract ended")
    installation = Installation.objects.get()
    delivery.refresh_from_db()
    assert (installation.state, installation.access_token) == (InstallationState.REMOVED, None)
    assert Link.objects.get().removed_reason == "org_disconnected"
    assert delivery.state == DeliveryState.CANCELLED


def test_nothing_is_stored_about_a_removed_organization():
    link = make_link()
    tell("organization.removed", link.organization.ovice_id)
    assert skip_reason(dm_event(link)) == "org_not_connected"
    added = event("organization.member.added", link.organization.ovice_id, member={"id": "new"})
    assert post_event(added).status_code == 204
    assert Message.objects.count() == 0
    assert not Member.objects.filter(ovice_id="new").exists()


def member_event(kind: str, at=None, /, **member):
    tell(f"organization.member.{kind}", "4821", at, member={"id": "223344", **member})


def test_a_member_is_added_and_never_linked():
    member_event("added", email="Hanako@Example.com", email_verified=True, name="Hanako")
    member = Member.objects.get()
    assert (member.email, member.email_verified) == ("Hanako@Example.com", True)
    assert Link.objects.count() == 0


def test_an_update_leaves_what_it_does_not_tell():
    member_event("added", email="hanako@example.com", name="Hanako", locale="ja")
    member_event("updated", name="Hana")
    member = Member.objects.get()
    assert (member.name, member.email, member.locale) == ("Hana", "hanako@example.com", "ja")


def test_an_older_event_never_undoes_a_newer_one():
    member_event("removed", now())
    member_event("added", now() - timedelta(minutes=1), email="hanako@example.com")
    member = Member.objects.get()
    assert (member.removed_at is not None, member.email) == (True, None)


def linked_hanako():
    organization = make_organization("4821")
    return make_link(make_installation(organization), make_member(organization, "223344"))


def test_a_removed_member_is_unlinked_and_forgotten():
    delivery = make_delivery(linked_hanako())
    member_event("removed")
    delivery.refresh_from_db()
    member = Member.objects.get()
    assert Link.objects.get().removed_reason == "member_removed"
    assert (delivery.state, delivery.reason) == (DeliveryState.CANCELLED, "member_removed")
    assert (member.email, member.name) == (None, None)


def test_coming_back_does_not_link_again():
    linked_hanako()
    member_event("removed")
    member_event("added", email="223344@example.com", email_verified=True, name="Hanako")
    assert Member.objects.get().removed_at is None
    assert Link.objects.active().count() == 0


def test_a_changed_address_ends_the_link():
    delivery = make_delivery(linked_hanako())
    member_event("email_changed", old="223344@example.com", new="hana@example.com", verified=True)
    delivery.refresh_from_db()
    member = Member.objects.get()
    assert Link.objects.get().removed_reason == "email_changed"
    assert delivery.state == DeliveryState.CANCELLED
    assert (member.email, member.email_verified) == ("hana@example.com", True)


def test_a_member_made_visitor_is_unlinked():
    linked_hanako()
    member_event("updated", role="visitor")
    assert Link.objects.active().count() == 0


def test_spaces_follow_their_names_and_their_end():
    space = {
        "id": "987",
        "name": "Tokyo HQ",
        "domain": "tokyo-hq",
        "url": "https://app.ovice.com/ws/t",
    }
    tell("space.created", "4821", space=space)
    tell("space.updated", "4821", space={**space, "name": "Tokyo", "domain": "tokyo"})
    assert [(s.name, s.domain) for s in Space.objects.all()] == [("Tokyo", "tokyo")]
    tell("space.removed", "4821", space={"id": "987"})
    assert Space.objects.get().removed_at is not None


def test_a_late_change_of_address_still_ends_the_link():
    linked_hanako()
    member_event("updated", now(), name="Hana")
    changed = {"old": "223344@example.com", "new": "hana@example.com", "verified": True}
    member_event("email_changed", now() - timedelta(seconds=5), **changed)
    assert Link.objects.get().removed_reason == "email_changed"
    assert Member.objects.get().name == "Hana"


def test_another_way_to_write_the_same_address_keeps_the_link():
    linked_hanako()
    member_event("updated", email="223344@EXAMPLE.com", email_verified=True)
    assert Link.objects.active().count() == 1


def test_a_new_address_is_not_verified_because_the_old_one_was():
    member_event("added", email="own@example.com", email_verified=True)
    member_event("updated", email="taro@example.com")
    assert not Member.objects.get().email_verified


def test_a_late_disabling_still_counts():
    organization = make_link().organization
    at = now() - timedelta(seconds=5)
    this = {"id": organization.ovice_id}
    tell("organization.updated", this["id"], now(), organization={**this, "name": "New"})
    tell("organization.updated", this["id"], at, organization={**this, "feature_enabled": False})
    organization.refresh_from_db()
    assert (organization.name, organization.feature_enabled) == ("New", False)


def test_an_event_dated_in_the_future_shuts_out_nothing():
    member_event("added", now() + timedelta(days=365), email="hanako@example.com")
    member_event("removed", now() + timedelta(seconds=1))
    assert Member.objects.get().removed_at is not None


def test_a_space_that_comes_back_keeps_what_is_not_told_again():
    tell("space.created", "4821", space={"id": "987", "name": "Tokyo HQ", "domain": "tokyo"})
    tell("space.removed", "4821", space={"id": "987"})
    tell("space.updated", "4821", space={"id": "987", "name": "Tokyo"})
    space = Space.objects.get()
    assert (space.removed_at, space.name, space.domain) == (None, "Tokyo", "tokyo")


def test_verified_is_believed_only_of_the_address_beside_it():
    member_event("added", now() - timedelta(hours=1), email="own@example.com")
    member_event("updated", now(), email="own@example.com")
    late = {"email": "other@example.com", "email_verified": True}
    member_event("updated", now() - timedelta(minutes=1), **late)
    member = Member.objects.get()
    assert (member.email, member.email_verified) == ("own@example.com", False)


def test_a_removal_told_after_the_return_still_ends_the_old_link():
    delivery = make_delivery(linked_hanako())
    member_event("added", now(), email="223344@example.com", email_verified=True)
    member_event("removed", now() - timedelta(minutes=1))
    delivery.refresh_from_db()
    assert Link.objects.get().removed_reason == "member_removed"
    assert delivery.state == DeliveryState.CANCELLED
    assert Member.objects.get().email == "223344@example.com"


HANAKO = {
    "id": "u-1",
    "email": "hanako@example.com",
    "email_verified": True,
    "name": "Hanako",
    "role": "member",
}


def ago(minutes: int) -> datetime:
    return now() - timedelta(minutes=minutes)


def test_a_late_event_does_not_bring_back_whoever_left_and_was_erased():
    organization = make_organization()
    for kind, minutes in (("updated", 60), ("removed", 30)):
        tell(f"organization.member.{kind}", organization.ovice_id, ago(minutes), member=HANAKO)
    erase_member(Member.objects.get())
    assert purge_ready(seconds=10) == 1

    for kind, minutes in (("updated", 45), ("removed", 30)):
        tell(f"organization.member.{kind}", organization.ovice_id, ago(minutes), member=HANAKO)

    assert not Member.objects.exists()


def test_a_person_told_of_after_their_erasure_is_there_again():
    organization = make_organization()
    tell("organization.member.added", organization.ovice_id, ago(60), member=HANAKO)
    erase_member(Member.objects.get())
    assert purge_ready(seconds=10) == 1
    Removal.objects.update(requested_at=ago(2))

    tell("organization.member.updated", organization.ovice_id, ago(1), member=HANAKO)

    assert Member.objects.get().email == HANAKO["email"]


@pytest.mark.parametrize("minutes", [9 * 24 * 60, 0])
def test_after_a_purge_no_event_brings_an_organization_back_but_a_launch_does(minutes):
    organization = make_installation().organization
    due(removed(organization.installations.get()))
    assert purge_ready(seconds=10) == 1
    late = event("organization.member.updated", organization.ovice_id, member=HANAKO)
    late["timestamp"] = rfc3339(ago(minutes))

    assert post_event(late).status_code == 204
    assert not Organization.objects.exists()

    # As ``accounts.launch.admission`` does when somebody comes from ovice.
    Organization.objects.register(organization.ovice_id)
    tell("organization.member.updated", organization.ovice_id, member=HANAKO)
    assert Member.objects.get().email == HANAKO["email"]
