"""Support sees what ovice did not take, and has it told again."""

import pytest
from django.utils.timezone import now

from integrations.models import Callback

PAGE = "/admin/integrations/callback/"


@pytest.fixture
def letter(portal) -> Callback:
    """A callback of A that was given up."""
    return Callback.objects.create(
        organization=portal.a, type="link.created", given_up_at=now(), status=500, tries=10
    )


def press(browser, *rows: Callback):
    chosen = [str(row.pk) for row in rows]
    data = {"action": "tell_again", "_selected_action": chosen, "index": "0", "confirmed": "yes"}
    return browser.post(PAGE, data)


@pytest.mark.parametrize("who", ["support", "administrator"])
def test_staff_has_a_dead_letter_told_again(portal, letter, who):
    press(portal.browser(who), letter)
    letter.refresh_from_db()
    assert (letter.given_up_at, letter.status, letter.tries) == (None, None, 0)
    page = portal.browser(who).get(f"{PAGE}{letter.pk}/history/").content.decode()
    assert "Had ovice told again" in page


def test_an_owner_cannot(portal, letter):
    assert press(portal.browser("owner A"), letter).status_code == 403
    letter.refresh_from_db()
    assert letter.tries == 10


def test_a_callback_that_was_delivered_or_still_waits_is_left_alone(portal, letter):
    done = Callback.objects.create(
        organization=portal.a, type="link.removed", delivered_at=now(), status=204, tries=1
    )
    other = Callback.objects.create(
        organization=portal.b, type="link.removed", given_up_at=now(), status=410, tries=1
    )
    answer = press(portal.browser("support"), letter, done)
    done.refresh_from_db()
    other.refresh_from_db()
    assert (done.tries, other.status) == (1, 410)
    told = [str(one) for one in answer.wsgi_request._messages]
    assert told == ["1 callback is due again."]
