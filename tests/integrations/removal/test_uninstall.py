"""Asking for a removal: what ends at once, and by when the rest is gone."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils.timezone import now

from integrations.models import InstallationState
from integrations.models.removal import LONGEST_GRACE, Removal
from integrations.removal.lookup import is_removed_for_good
from integrations.removal.purge import begin
from integrations.removal.uninstall import (
    purge_now,
    remove_installation,
    remove_organization,
    remove_restored,
)
from messaging.models import Message
from tests.factories import event, make_delivery, make_installation, make_link, post_event
from tests.removals import removed

pytestmark = pytest.mark.django_db


def test_a_disconnection_is_entered_with_the_operators_grace(settings):
    settings.REMOVAL_GRACE = timedelta(days=7)
    removal = removed(make_installation())

    assert removal.due_at - removal.requested_at == timedelta(days=7)
    assert removal.due_at - removal.purge_at == timedelta(days=1)
    assert len(removal.confirmation_code) == 32


def test_without_grace_the_purge_is_due_at_once(settings):
    settings.REMOVAL_GRACE = timedelta(0)
    removal = removed(make_installation())

    assert removal.requested_at == removal.purge_at == removal.due_at
    assert list(Removal.objects.ready(now())) == [removal]


@pytest.mark.parametrize("postponed", [{"due_at": LONGEST_GRACE + timedelta(seconds=1)}])
def test_the_database_refuses_more_than_thirty_days(postponed):
    removal = removed(make_installation())
    moved = {name: removal.requested_at + value for name, value in postponed.items()}

    with pytest.raises(IntegrityError), transaction.atomic():
        Removal.objects.filter(pk=removal.pk).update(**moved)


def test_a_purge_cannot_begin_after_it_is_due():
    removal = removed(make_installation())

    with pytest.raises(IntegrityError), transaction.atomic():
        Removal.objects.filter(pk=removal.pk).update(purge_at=removal.due_at + timedelta(1))


def test_a_purge_can_be_brought_forward_and_never_back(settings):
    removal = removed(make_installation())
    purge_now(removal)
    removal.refresh_from_db()
    early = removal.purge_at
    purge_now(removal)
    removal.refresh_from_db()

    assert early == removal.purge_at <= now()
    assert removal.due_at <= now() + timedelta(days=1)


def test_nothing_is_left_to_send_and_no_text():
    delivery = make_delivery()
    remove_installation(delivery.installation)

    delivery.refresh_from_db()
    assert (delivery.state, delivery.link.removed_reason) == ("cancelled", "org_disconnected")
    assert not Message.objects.exclude(content_sealed=None).exists()


def test_an_organization_that_ovice_removes_is_entered_once():
    link = make_link()
    remove_organization(link.organization, at=now())
    remove_organization(link.organization, at=now())

    assert sorted(Removal.objects.values_list("reason", "generation"), key=str) == [
        ("organization_removed", 1),
        ("organization_removed", None),
    ]
    link.installation.refresh_from_db()
    assert link.installation.state == InstallationState.REMOVED


def test_a_late_event_does_not_bring_a_removed_organization_back():
    link = make_link()
    ovice_id = link.organization.ovice_id
    begin(remove_organization(link.organization, at=now()))

    answer = post_event(event("space.removed", ovice_id, space={"id": "1"}))

    assert answer.status_code == 204
    assert is_removed_for_good(ovice_id)
    assert type(link.organization).objects.count() == 1


def test_a_disconnected_organization_may_come_back():
    installation = make_installation()
    remove_installation(installation)

    assert not is_removed_for_good(installation.organization.ovice_id)


def test_removing_once_more_what_an_old_backup_brought_back_enters_nothing_new():
    link = make_link()
    first = remove_restored(link.organization)
    assert remove_restored(link.organization) == first
