"""How a member's link stands: the contract's statuses and reasons, from the rows alone."""

from datetime import timedelta

import pytest
from django.utils.timezone import now

from accounts.linking.status import (
    UNAVAILABLE,
    LinkState,
    LinkStatus,
    connections,
    link_states,
    member_states,
)
from accounts.models import Link, Role
from integrations.models import Installation, InstallationState, Organization
from tests.factories import make_installation, make_link, make_member

pytestmark = pytest.mark.django_db


@pytest.fixture
def link() -> Link:
    return make_link()


def stand(link: Link) -> tuple[str, str]:
    """Return status and reason as they are stored now."""
    organization = Organization.objects.get(pk=link.organization_id)
    state = link_states(organization, [link.member.ovice_id])[link.member.ovice_id]
    return state.status.value, state.reason


def test_a_linked_member_is_linked(link):
    assert stand(link) == ("linked", "")


def test_a_member_without_a_link_is_not(link):
    other = make_member(link.organization)
    found = member_states([other], link.installation)
    assert found == {other.pk: LinkState(LinkStatus.UNLINKED)}


def test_without_a_connection_there_is_nothing_to_link(link):
    Installation.objects.update(state=InstallationState.REMOVED)
    assert stand(link) == ("unavailable", "")


@pytest.mark.parametrize("ovice_id", ["nobody", ""])
def test_an_unknown_person_has_no_button(link, ovice_id):
    assert link_states(link.organization, [ovice_id]) == {ovice_id: UNAVAILABLE}
    assert link_states(None, [ovice_id]) == {ovice_id: UNAVAILABLE}


@pytest.mark.parametrize(
    ("reason", "expected"),
    [
        ("user", ("unlinked", "")),
        ("email_changed", ("needs_relink", "email_changed")),
        ("member_removed", ("needs_relink", "member_removed")),
        ("workplace_account_gone", ("needs_relink", "workplace_account_gone")),
        ("org_disconnected", ("needs_relink", "org_disconnected")),
    ],
)
def test_how_a_link_ended_decides_what_the_button_hints_at(link, reason, expected):
    Link.objects.update(removed_at=now(), removed_reason=reason)
    assert stand(link) == expected


def test_only_the_last_end_counts(link):
    Link.objects.update(removed_at=now() - timedelta(days=1), removed_reason="email_changed")
    make_link(link.installation, link.member, removed_at=now(), removed_reason="user")
    assert stand(link) == ("unlinked", "")


def test_a_new_link_makes_old_ends_forgotten(link):
    Link.objects.update(removed_at=now(), removed_reason="email_changed")
    make_link(link.installation, link.member)
    assert stand(link) == ("linked", "")


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        (InstallationState.PAUSED, ("paused", "org_paused")),
        (InstallationState.ATTENTION, ("paused", "org_attention")),
    ],
)
def test_a_connection_at_rest_pauses_its_links(link, state, expected):
    link.installation.state = state
    link.installation.save()
    assert stand(link) == expected


def test_an_organization_that_pauses_pauses_its_links(link):
    link.organization.paused_at = now()
    link.organization.save()
    assert stand(link) == ("paused", "org_paused")


def test_an_account_that_takes_nothing_needs_its_member(link):
    Link.objects.update(attention_at=now(), attention_reason="recipient_refused")
    assert stand(link) == ("needs_relink", "recipient_refused")


def test_a_feature_that_ovice_switched_off_is_not_there(link):
    link.organization.feature_enabled = False
    link.organization.save()
    assert stand(link) == ("unavailable", "")


@pytest.mark.parametrize("changes", [{"role": Role.VISITOR}, {"removed_at": now()}])
def test_a_person_who_is_no_organization_user_has_no_button(link, changes):
    type(link.member).objects.update(**changes)
    assert stand(link) == ("unavailable", "")


def test_many_members_cost_one_query(link, django_assert_num_queries):
    members = [link.member, *(make_member(link.organization) for _ in range(20))]
    with django_assert_num_queries(1):
        found = member_states(members, link.installation)
    assert [found[member.pk].status for member in members] == ["linked"] + ["unlinked"] * 20


def test_an_organization_has_its_live_connections_only(link):
    assert connections(link.organization) == [link.installation]
    make_installation(link.organization, state=InstallationState.REMOVED)
    link.organization.removed_at = now()
    assert connections(link.organization) == []
