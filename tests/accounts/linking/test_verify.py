"""Whose account is it now? Asked of the sandbox's Workplace, where administrators change things."""

from datetime import timedelta

import pytest

from accounts.linking.link import LinkRefused
from accounts.linking.verify import (
    LONG_AGO,
    link_checked,
    look_into_refusal,
    note_arrival,
    recheck,
    recheck_if_old,
)
from accounts.models import Link
from accounts.signals import link_needs_attention
from integrations.targets.errors import PermissionMissing, TargetError
from integrations.targets.port import ChatTarget, open_target
from tests.factories import make_member

pytestmark = pytest.mark.django_db


@pytest.fixture
def hanako(office) -> Link:
    """A linked member."""
    return office.join("Hanako")


@pytest.fixture
def target(office) -> ChatTarget:
    """The office's Workplace."""
    return open_target("workplace", office.installation.credentials())


def change(office, who: str, **values) -> None:
    office.sandbox.change_member(office.accounts[who], **values)


def is_over(link: Link) -> bool:
    link.refresh_from_db()
    assert link.removed_reason == ("workplace_account_gone" if link.removed_at else "")
    return link.removed_at is not None


def test_nothing_has_changed(office, hanako, target):
    before = hanako.checked_at
    assert recheck(hanako, target) == ""
    assert not is_over(hanako)
    assert hanako.checked_at > before


def test_an_address_that_was_taken_from_the_account_ends_the_link(office, hanako, target):
    change(office, "Hanako", email="hanako-left@example.com")
    assert recheck(hanako, target) == "workplace_account_gone"
    assert is_over(hanako)


def test_an_address_that_was_given_to_a_successor_ends_the_link(office, hanako, target):
    change(office, "Hanako", email="hanako-left@example.com")
    office.sandbox.member(office.community, "Successor", "hanako@example.com")
    assert recheck(hanako, target) == "workplace_account_gone"
    assert is_over(hanako)


@pytest.mark.parametrize("seen", ["hidden", "shown"])
def test_a_deactivated_account_ends_the_link(office, hanako, target, seen):
    office.sandbox.behave(deactivated_lookup=seen)
    change(office, "Hanako", active=False)
    assert recheck(hanako, target) == "workplace_account_gone"
    assert is_over(hanako)


def test_an_account_that_came_back_is_not_linked_again(office, hanako, target):
    change(office, "Hanako", active=False)
    recheck(hanako, target)
    change(office, "Hanako", active=True)
    assert recheck(hanako, target) == "workplace_account_gone"
    assert is_over(hanako)


def test_a_new_name_is_taken_over(office, hanako, target):
    change(office, "Hanako", name="Hanako Suzuki")
    recheck(hanako, target)
    assert Link.objects.get().account_name == "Hanako Suzuki"


@pytest.mark.parametrize("kind", ["html", "cut_before"])
def test_an_outage_ends_no_link(office, hanako, target, kind):
    office.sandbox.fault(kind, calls=10)
    with pytest.raises(TargetError):
        recheck(hanako, target)
    assert not is_over(hanako)


def test_lost_sight_of_addresses_is_not_taken_for_a_lost_account(office, hanako, target):
    change(office, "Hanako", email="elsewhere@example.com")
    path = f"installs/{office.integration.page_id}"
    office.sandbox.workplace("PATCH", path, {"permissions": ["message"]})
    with pytest.raises(PermissionMissing):
        recheck(hanako, target)
    assert not is_over(hanako)


def test_a_young_answer_is_believed_without_a_call(office, hanako, target):
    calls = len(office.sandbox.calls())
    assert recheck_if_old(hanako, target) == ""
    assert len(office.sandbox.calls()) == calls


def test_an_old_answer_is_not(office, hanako, target, settings):
    change(office, "Hanako", email="hanako-left@example.com")
    hanako.checked_at -= settings.LINK_CHECK_AGE + timedelta(seconds=1)
    assert recheck_if_old(hanako, target) == "workplace_account_gone"


def test_a_link_that_was_moved_meanwhile_is_not_ended_by_an_old_question(office, hanako, target):
    Link.objects.update(account_id="100999")
    change(office, "Hanako", active=False)
    with pytest.raises(TargetError, match="link_moved"):
        recheck(hanako, target)
    assert Link.objects.active().count() == 1


def test_a_link_that_ended_meanwhile_says_why(office, hanako, target):
    Link.objects.update(removed_at=hanako.linked_at, removed_reason="user")
    assert recheck(hanako, target) == "user"


def test_a_refusal_without_a_reason_we_know_needs_attention_once(office, hanako, target):
    heard: list[Link] = []

    def hear(link, **_):
        heard.append(link)

    link_needs_attention.connect(hear)
    look_into_refusal(hanako, target)
    look_into_refusal(hanako, target)
    link_needs_attention.disconnect(hear)
    stored = Link.objects.get()
    assert heard == [stored]
    assert (stored.attention_reason, stored.removed_at) == ("recipient_refused", None)


def test_an_arrival_ends_the_need_for_attention(office, hanako, target):
    look_into_refusal(hanako, target)
    note_arrival(hanako)
    stored = Link.objects.get()
    assert (stored.attention_at, stored.attention_reason) == (None, "")


def test_a_refusal_by_an_account_that_is_gone_ends_the_link(office, hanako, target):
    change(office, "Hanako", active=False)
    look_into_refusal(hanako, target)
    assert is_over(hanako)


def test_a_member_who_cannot_be_asked_now_is_asked_before_the_next_dm(office, hanako, target):
    office.sandbox.fault("html", calls=10)
    look_into_refusal(hanako, target)
    assert Link.objects.get().checked_at == LONG_AGO


def test_a_link_that_is_over_does_not_keep_the_account_from_its_new_owner(office, hanako):
    jiro = make_member(office.organization, email="jiro@example.com")
    change(office, "Hanako", email="jiro@example.com")
    assert link_checked(jiro, office.installation).account_id == hanako.account_id
    assert is_over(hanako)


def test_a_link_that_stands_keeps_its_account(office, hanako):
    twin = make_member(office.organization, email="hanako@example.com")
    with pytest.raises(LinkRefused, match="workplace_account_taken"):
        link_checked(twin, office.installation)
    assert not is_over(hanako)
