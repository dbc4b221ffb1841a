"""An owner's choices: what is out of bounds is refused with the bounds, and nothing is saved."""

from datetime import timedelta

import pytest

from integrations.models import Organization


def choose_hours(portal, hours: object):
    page = f"/admin/integrations/organization/{portal.a.pk}/change/"
    choices = {"copy_shows": "notice", "unconfirmed_policy": "rather_never", "language": "en"}
    return portal.browser("owner A").post(page, {**choices, "expire_hours": hours})


def saved(portal) -> timedelta:
    return Organization.objects.get(pk=portal.a.pk).expire_after


@pytest.mark.parametrize("hours", [1, 168])
def test_hours_within_the_bounds_are_saved(portal, hours):
    assert choose_hours(portal, hours).status_code == 302
    assert saved(portal) == timedelta(hours=hours)


@pytest.mark.parametrize(
    ("hours", "said"),
    [
        (0, "greater than or equal to 1."),
        (-5, "greater than or equal to 1."),
        (169, "less than or equal to 168."),
        (10**30, "less than or equal to 168."),
        ("1.5", "Enter a whole number."),
        ("soon", "Enter a whole number."),
        ("", "This field is required."),
    ],
)
def test_other_hours_are_refused(portal, hours, said):
    before = saved(portal)
    answer = choose_hours(portal, hours)
    assert answer.status_code == 200
    assert said in answer.content.decode()
    assert saved(portal) == before
