"""Linking against the sandbox's Workplace; the codes are the contract's."""

import pytest
from django.utils.timezone import now

from accounts.linking.link import (
    LinkRefused,
    RemovedReason,
    link,
    look_up,
    mark_of,
    remove_links,
)
from accounts.models import Link, Member, Role
from integrations.models import Installation, Organization
from tests.factories import make_member

pytestmark = pytest.mark.django_db


def refusal(member: Member, installation) -> str:
    with pytest.raises(LinkRefused) as refused:
        link(member, installation)
    assert Link.objects.count() == 0
    return refused.value.code


@pytest.fixture
def hanako(office) -> Member:
    """A member whose address Workplace knows."""
    office.sandbox.member(office.community, "Hanako Sato", "hanako@example.com", locale="ja_JP")
    return make_member(office.organization, email="hanako@example.com")


def test_a_member_is_linked_to_the_account_with_the_same_address(office, hanako):
    made = link(hanako, office.installation)
    assert (made.member, made.account_name, made.locale) == (hanako, "Hanako Sato", "ja_JP")
    assert made.account_id.isdecimal()


def test_addresses_are_compared_without_case_and_outer_space(office, hanako):
    hanako.email = "  HANAKO@Example.COM "
    hanako.save()
    assert link(hanako, office.installation).account_name == "Hanako Sato"


def test_linking_again_changes_nothing(office, hanako):
    assert link(hanako, office.installation) == link(hanako, office.installation)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"email_verified": False}, "email_unverified"),
        ({"email": None}, "email_unverified"),
        ({"role": Role.VISITOR}, "not_organization_user"),
        ({"role": Role.GUEST}, "not_organization_user"),
        ({"removed_at": now()}, "not_organization_user"),
        ({"email": "nobody@example.com"}, "workplace_account_not_found"),
        ({"email": "hanako+ovice@example.com"}, "workplace_account_not_found"),
        ({"email": "me?fields=id@example.com"}, "workplace_account_not_found"),
    ],
)
def test_each_refusal_has_its_code(office, hanako, changes, code):
    for name, value in changes.items():
        setattr(hanako, name, value)
    hanako.save()
    assert refusal(hanako, office.installation) == code


def test_an_account_belongs_to_one_member(office, hanako):
    link(hanako, office.installation)
    other = make_member(office.organization, email="hanako@example.com")
    with pytest.raises(LinkRefused, match="workplace_account_taken"):
        link(other, office.installation)
    assert Link.objects.get().member == hanako


def test_a_deactivated_account_is_refused(office, hanako):
    gone = office.sandbox.member(office.community, "Jiro", "jiro@example.com")
    office.sandbox.change_member(gone, active=False)
    hanako.email = "jiro@example.com"
    hanako.save()
    assert refusal(hanako, office.installation).startswith("workplace_account_")


def test_an_account_of_another_community_is_not_found(new_office):
    office, other = new_office(), new_office()
    other.sandbox.member(other.community, "Hanako", "hanako@example.com")
    member = make_member(office.organization, email="hanako@example.com")
    assert refusal(member, office.installation) == "workplace_account_not_found"


def test_a_dead_token_is_told_apart_from_an_outage(office, hanako):
    office.sandbox.fault("html", status=503, calls=10)
    assert refusal(hanako, office.installation) == "temporarily_unavailable"
    office.sandbox.lift_faults()
    office.sandbox.workplace("POST", f"installs/{office.integration.page_id}/reset-token")
    assert refusal(hanako, office.installation) == "token_invalid"


@pytest.mark.parametrize(
    ("state", "reason", "code"),
    [
        ("removed", "", "org_not_connected"),
        ("pending", "", "org_not_connected"),
        ("attention", "token_rejected", "token_invalid"),
        ("attention", "permission_missing", "permission_missing"),
    ],
)
def test_nobody_is_linked_without_a_working_connection(office, hanako, state, reason, code):
    office.installation.state = state
    office.installation.attention_reason = reason
    office.installation.save()
    assert refusal(hanako, office.installation) == code


@pytest.mark.parametrize("changes", [{"removed_at": now()}, {"feature_enabled": False}])
def test_nobody_is_linked_in_an_organization_without_the_feature(office, hanako, changes):
    Organization.objects.update(**changes)
    assert refusal(hanako, office.refresh()) == "org_not_connected"


def test_a_missing_permission_is_named(office, hanako):
    office.sandbox.fault("error", code=10, status=403)
    with pytest.raises(LinkRefused, match="permission_missing") as refused:
        link(hanako, office.installation)
    assert refused.value.permission == "read_user_email"


def test_only_the_account_that_was_shown_is_linked(office, hanako):
    mark = mark_of(hanako, office.installation, look_up(hanako, office.installation))
    assert link(hanako, office.installation, mark=mark).account_name == "Hanako Sato"


def test_another_account_than_the_one_shown_is_refused(office, hanako):
    mark = mark_of(hanako, office.installation, look_up(hanako, office.installation))
    [before] = office.sandbox.workplace("GET", f"communities/{office.community}/members")["data"]
    office.sandbox.change_member(before["id"], email="left@example.com")
    office.sandbox.member(office.community, "Successor", "hanako@example.com")
    with pytest.raises(LinkRefused, match="account_changed"):
        link(hanako, office.installation, mark=mark)


def test_a_member_whose_address_leads_to_another_account_is_moved_there(office):
    first = office.join("Hanako")
    office.sandbox.change_member(office.accounts["Hanako"], email="left@example.com")
    office.sandbox.member(office.community, "Hanako", "hanako@example.com")
    second = link(first.member, office.installation)
    assert second.account_id != first.account_id
    assert Link.objects.get(pk=first.pk).removed_reason == "workplace_account_gone"


def test_a_member_who_leaves_during_the_look_up_is_not_linked(office, hanako, monkeypatch):
    found = link.__globals__["_find"]

    def leaves_meanwhile(*args):
        Member.objects.update(removed_at=now())
        return found(*args)

    monkeypatch.setitem(link.__globals__, "_find", leaves_meanwhile)
    assert refusal(hanako, office.installation) == "not_organization_user"


@pytest.mark.parametrize("gone", [Member, Installation])
def test_a_row_deleted_during_the_look_up_is_not_linked(office, hanako, monkeypatch, gone):
    find = link.__globals__["_find"]

    def deleted_meanwhile(*question):
        found = find(*question)
        gone.objects.all().delete()
        return found

    monkeypatch.setitem(link.__globals__, "_find", deleted_meanwhile)
    assert refusal(hanako, office.installation) == "temporarily_unavailable"


def test_an_ended_link_can_be_made_again(office, hanako):
    first = link(hanako, office.installation)
    assert remove_links(Link.objects.all(), reason=RemovedReason.USER) == 1
    assert remove_links(Link.objects.all(), reason=RemovedReason.USER) == 0
    assert link(hanako, office.installation) != first


def test_a_member_is_not_linked_through_another_organizations_connection(office, new_office):
    other = new_office()
    other.sandbox.member(other.community, "Hanako", "hanako@example.com")
    member = make_member(office.organization, email="hanako@example.com")
    assert refusal(member, other.installation) == "org_not_connected"
