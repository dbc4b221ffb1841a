"""Every link is looked at once a day, whether or not anybody writes to its member."""

from datetime import timedelta

import pytest
from django.conf import settings
from django.utils.timezone import now

from accounts.linking import verify_schedule
from accounts.linking.verify_schedule import due_installations, go_round
from accounts.models import Link
from accounts.tasks import look_after_links
from integrations.models import InstallationState

pytestmark = pytest.mark.django_db


def make_old(*links: Link) -> None:
    yesterday = now() - settings.LINK_RECHECK_EVERY
    Link.objects.filter(pk__in=[link.pk for link in links]).update(checked_at=yesterday)


def go_on(office) -> int:
    return go_round(office.installation.pk)


def test_only_links_not_looked_at_for_a_day_are_due(office):
    link = office.join("Hanako")
    assert due_installations(now()) == []
    make_old(link)
    assert due_installations(now()) == [office.installation.pk]


def test_a_round_ends_what_is_over_and_keeps_the_rest(office):
    hanako, jiro = office.join("Hanako"), office.join("Jiro")
    make_old(hanako, jiro)
    office.sandbox.change_member(office.accounts["Hanako"], active=False)
    assert go_on(office) == 1
    assert Link.objects.active().get() == jiro
    assert due_installations(now()) == []


def test_an_account_that_got_anothers_address_is_noticed(office):
    hanako, jiro = office.join("Hanako"), office.join("Jiro")
    make_old(hanako, jiro)
    office.sandbox.change_member(office.accounts["Hanako"], email="away@example.com")
    office.sandbox.change_member(office.accounts["Jiro"], email="hanako@example.com")
    assert go_on(office) == 2


def test_an_outage_ends_nothing_and_the_links_stay_due(office):
    make_old(office.join("Hanako"))
    office.sandbox.fault("html", calls=5)
    assert go_on(office) == 0
    assert due_installations(now()) == [office.installation.pk]


def test_a_dead_token_ends_nothing_and_is_noticed(office):
    make_old(office.join("Hanako"))
    office.sandbox.reset_token(office.integration.page_id)
    assert go_on(office) == 0
    assert office.refresh().state == InstallationState.ATTENTION
    assert due_installations(now()) == []


def test_the_longest_unchecked_come_first_and_few_at_a_time(office, monkeypatch):
    monkeypatch.setattr(verify_schedule, "BATCH", 1)
    first, second = office.join("Hanako"), office.join("Jiro")
    make_old(first, second)
    Link.objects.filter(pk=second.pk).update(checked_at=now() - timedelta(days=2))
    go_on(office)
    left = Link.objects.filter(checked_at__lte=now() - timedelta(days=1))
    assert left.get() == first


def test_before_many_links_end_the_connection_is_doubted(office):
    make_old(*(office.join(f"Person{n}") for n in range(6)))
    for account in office.accounts.values():
        office.sandbox.change_member(account, active=False)
    office.sandbox.behave(deactivated_lookup="hidden")
    path = f"installs/{office.integration.page_id}"
    office.sandbox.workplace("PATCH", path, {"permissions": ["message"]})
    assert go_on(office) == 0
    assert (Link.objects.active().count(), office.refresh().state) == (6, "attention")


def test_a_round_costs_one_call(office):
    make_old(*(office.join(f"Person{n}") for n in range(5)))
    last = office.sandbox.calls()[-1]["number"]
    go_on(office)
    # The sandbox lists the batch, whose path is empty, and each address in it.
    paths = [call["path"] for call in office.sandbox.calls(last)]
    assert paths == ["", *(f"person{n}@example.com" for n in range(5))]


def test_the_regular_job_starts_rounds_where_they_are_due(office, monkeypatch):
    make_old(office.join("Hanako"))
    queued = []
    monkeypatch.setattr("accounts.tasks.hint", lambda *task: queued.append(task))
    look_after_links()
    assert queued == [("accounts.tasks.go_round", str(office.installation.pk))]
