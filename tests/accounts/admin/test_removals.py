"""The ledger in the portal: owners see their own, staff see all, nobody puts one off."""

import pytest
from django.urls import reverse
from django.utils.timezone import now

from integrations.models.removal import Removal
from tests.plugins.portal import make_owner, sign_in
from tests.removals import removed

pytestmark = pytest.mark.django_db
LIST = "admin:integrations_removal_changelist"


def codes(browser) -> set[str]:
    answer = browser.get(reverse(LIST))
    return {removal.confirmation_code for removal in answer.context["cl"].result_list}


@pytest.fixture
def removals(portal):
    """Return a removal of each organization."""
    return [removed(one.installations.get()) for one in (portal.a, portal.b)]


def purge_at_once(browser, *chosen):
    keys = [str(one.pk) for one in chosen]
    data = {"action": "purge_at_once", "_selected_action": keys, "confirmed": "yes"}
    return browser.post(reverse(LIST), data)


def test_an_owner_sees_their_own_and_support_sees_all(portal, removals):
    mine, other = removals

    assert codes(portal.browser("owner A")) == {mine.confirmation_code}
    assert codes(portal.browser("support")) == {mine.confirmation_code, other.confirmation_code}


def test_an_owner_can_have_their_own_purged_now_and_no_other(portal, removals):
    mine, other = removals

    purge_at_once(portal.browser("owner A"), mine, other)

    assert list(Removal.objects.ready(now())) == [mine]


def test_support_can_have_any_purged_now(portal, removals):
    purge_at_once(portal.browser("support"), *removals)

    assert set(Removal.objects.ready(now())) == set(removals)


def test_no_form_changes_a_removal(portal, removals):
    page = reverse("admin:integrations_removal_change", args=[removals[0].pk])
    for visitor in ("owner A", "support", "administrator"):
        assert portal.browser(visitor).get(page).status_code == 200
        answer = portal.browser(visitor).post(page, {"due_at": "2099-01-01"})
        assert answer.status_code == 403


def test_a_purge_in_trouble_is_shown_in_red(portal, removals):
    Removal.objects.update(purge_at=removals[0].requested_at, failed_at=now(), failure="OSError")

    page = portal.browser("support").get(reverse(LIST)).content.decode()

    assert '<strong class="errornote">failed</strong>' in page


def test_a_purge_at_once_asks_for_a_fresh_proof(portal, removals):
    stale = sign_in(make_owner(portal.a, "carol@example.com"), proved=False)
    answer = purge_at_once(stale, removals[0])
    assert answer["Location"].startswith("/account/prove/")
    assert Removal.objects.get(pk=removals[0].pk).purge_at == removals[0].purge_at
