import pytest
from django.conf import settings
from django.utils.timezone import now

from accounts.linking.link import RemovedReason, link, remove_links
from accounts.linking.relink import installations_to_resolve, resolve_links
from accounts.models import Link, Member
from integrations.connections.connect import connect
from integrations.models import Installation, InstallationKind, InstallationState
from integrations.removal.uninstall import remove_installation
from integrations.targets.port import Credentials
from messaging.delivery.relay import relay_lane
from messaging.models import DeliveryState, Lane
from tests.factories import make_delivery

pytestmark = pytest.mark.django_db


@pytest.fixture
def replace(office):
    """Return a function that connects the office anew, through another custom integration."""

    def connect_anew() -> Installation:
        made = office.sandbox.custom_integration(office.community, "a second bot")
        return connect(
            office.organization,
            target="workplace",
            kind=InstallationKind.CUSTOM,
            credentials=Credentials(made.access_token),
        )

    return connect_anew


def drain(installation: Installation) -> None:
    for number in range(settings.RELAY_LANES):
        Lane.objects.get_or_create(installation=installation, number=number)
        relay_lane(installation.pk, number)


def test_links_go_to_the_new_generation_and_get_its_account_ids(office, replace):
    before = office.join("Hanako")
    again = replace()
    moved = Link.objects.get()
    assert (moved.pk, moved.installation, moved.linked_at) == (before.pk, again, before.linked_at)
    assert resolve_links(again.pk) == 1
    resolved = Link.objects.get()
    assert resolved.unresolved_at is None
    assert resolved.account_id != before.account_id


def test_a_waiting_message_is_sent_once_the_account_is_known(office, replace):
    made = make_delivery(office.join("Hanako"), "before")
    again = replace()
    drain(again)
    assert office.texts("Hanako") == []
    resolve_links(again.pk)
    drain(again)
    made.refresh_from_db()
    assert (made.state, made.installation) == (DeliveryState.DELIVERED, again)
    assert ["before" in text for text in office.texts("Hanako")] == [True]


def test_a_member_who_is_not_found_any_more_loses_the_link(office, replace):
    made = make_delivery(office.join("Hanako"))
    again = replace()
    office.sandbox.change_member(office.accounts["Hanako"], email="other@example.com")
    assert resolve_links(again.pk) == 1
    ended = Link.objects.get()
    made.refresh_from_db()
    assert ended.removed_reason == RemovedReason.ACCOUNT_GONE
    assert (made.state, made.reason) == (DeliveryState.CANCELLED, RemovedReason.ACCOUNT_GONE)


def test_a_deactivated_account_loses_the_link(office, replace):
    office.join("Hanako")
    again = replace()
    office.sandbox.change_member(office.accounts["Hanako"], active=False)
    resolve_links(again.pk)
    assert Link.objects.active().count() == 0


def test_without_an_answer_links_wait_for_the_next_time(office, replace):
    office.join("Hanako")
    again = replace()
    office.sandbox.fault("html", status=503)
    assert resolve_links(again.pk) == 0
    assert installations_to_resolve() == [again.pk]
    office.sandbox.lift_faults()
    resolve_links(again.pk)
    assert installations_to_resolve() == []


def test_a_token_that_dies_meanwhile_needs_attention(office, replace):
    office.join("Hanako")
    again = replace()
    office.sandbox.reset_token(again.bot_id)
    assert resolve_links(again.pk) == 0
    again.refresh_from_db()
    assert again.state == InstallationState.ATTENTION
    assert Link.objects.active().count() == 1


def test_more_links_than_fit_in_one_call_are_resolved(office, replace):
    names = [f"Member{number:02}" for number in range(53)]
    people = [{"name": name, "email": f"{name.lower()}@example.com"} for name in names]
    made = office.sandbox.members(office.community, people)
    for name, member in zip(names, made, strict=True):
        row = Member(organization=office.organization, ovice_id=name, email_verified=True)
        row.email = member["email"]
        row.save()
        Link.objects.create(
            organization=office.organization,
            member=row,
            installation=office.installation,
            account_id=member["id"],
        )
    again = replace()
    assert resolve_links(again.pk) == 53
    assert len(set(Link.objects.active().values_list("account_id", flat=True))) == 53


def test_a_member_who_links_meanwhile_resolves_their_own_link(office, replace):
    before = office.join("Hanako")
    again = replace()
    made = link(before.member, again)
    assert (made.pk, made.unresolved_at) == (before.pk, None)
    assert resolve_links(again.pk) == 0


def test_a_reinstall_after_a_removal_brings_the_links_back(office, replace):
    before = office.join("Hanako")
    remove_installation(office.installation)
    assert Link.objects.active().count() == 0
    again = replace()
    resolve_links(again.pk)
    back = Link.objects.active().get()
    assert (back.pk, back.installation, back.unresolved_at) == (before.pk, again, None)


def test_a_member_who_unlinked_or_left_before_the_reinstall_stays_unlinked(office, replace):
    unlinked, moved, left = office.join("Hanako"), office.join("Ada"), office.join("Taro")
    remove_links(Link.objects.filter(pk=unlinked.pk), reason=RemovedReason.USER)
    remove_installation(office.installation)
    remove_links(Link.objects.filter(pk=moved.pk), reason=RemovedReason.EMAIL_CHANGED)
    Member.objects.filter(pk=left.member_id).update(removed_at=now())
    replace()
    assert Link.objects.active().count() == 0
    reasons = Link.objects.values_list("pk", "removed_reason")
    assert dict(reasons)[moved.pk] == RemovedReason.EMAIL_CHANGED
