"""The purge: all of what was removed goes, nothing of what lives, from wherever it stopped."""

from datetime import timedelta
from typing import Any

import pytest
from auditlog.models import LogEntry
from django.apps import apps
from django.utils.timezone import now

from accounts.models import Link, Member
from core.db import bulk_delete
from integrations.encryption.data_keys import forget_keys
from integrations.models import DataKey, Installation, Organization
from integrations.models.removal import Removal, RemovalScope
from integrations.removal import purge
from integrations.removal.purge import purge_ready
from integrations.removal.uninstall import remove_organization
from messaging.models import Attempt, Delivery, Lane, Message, Outcome, ReceivedEvent
from tests.factories import make_delivery, make_installation, make_link, make_member, number
from tests.removals import due, receipt_of, removed, rows_of

pytestmark = pytest.mark.django_db


def make_busy(link: Link) -> Delivery:
    """Give a link a delivery, with all that a delivery leaves behind."""
    delivery = make_delivery(link)
    organization = link.organization
    Attempt.objects.create(
        organization=organization, delivery=delivery, outcome=Outcome.SENT, started_at=now()
    )
    Lane.objects.get_or_create(installation=link.installation, number=0)
    ReceivedEvent.objects.create(
        key=delivery.message.event_id, organization=organization, type="t", body_digest=b"1"
    )
    organization.spaces.get_or_create(ovice_id=number())
    return delivery


def test_a_removed_organization_leaves_only_the_receipt():
    link = make_link()
    for _ in range(3):
        make_busy(link)
    removal = due(removed(link.installation))

    assert purge_ready(seconds=10) == 1

    removal.refresh_from_db()
    assert rows_of(link.organization) == {}
    assert receipt_of(removal)["tables"]["messaging.Delivery"] == {"before": 3, "after": 0}
    assert (removal.organization_id, removal.installation_id) == (None, None)
    left = {model._meta.label for model in apps.get_models() if model._base_manager.exists()}
    assert left <= {"integrations.Removal", "auth.Permission", "contenttypes.ContentType"}


def test_another_organization_loses_nothing():
    gone, stays = make_link(), make_link()
    make_busy(gone)
    make_busy(stays)
    before = rows_of(stays.organization)
    due(removed(gone.installation))

    purge_ready(seconds=10)

    assert rows_of(stays.organization) == before
    assert stays.member.email


def test_before_its_time_nothing_is_purged():
    link = make_link()
    make_busy(link)
    removed(link.installation)
    before = rows_of(link.organization)

    assert purge_ready(seconds=10) == 0
    assert rows_of(link.organization) == before


def test_a_reconnected_organization_loses_only_the_removed_generation():
    old = make_link()
    make_busy(old)
    removal = due(removed(old.installation))
    again = make_link(make_installation(old.organization), make_member(old.organization))
    kept = make_busy(again)

    purge_ready(seconds=10)

    removal.refresh_from_db()
    assert removal.scope == RemovalScope.INSTALLATION
    assert list(Installation.objects.all()) == [again.installation]
    assert list(Link.objects.all()) == [again]
    assert list(Delivery.objects.all()) == [kept]
    assert list(Message.objects.all()) == [kept.message]
    assert Member.objects.count() == 2
    assert removal.destroyed_keys == []


def test_a_generation_takes_those_it_had_replaced_along():
    first = make_link(make_installation(community_id="5"))
    make_busy(first)
    Installation.objects.update(state="removed", removed_at=now())
    second = make_installation(first.organization, community_id="5")
    due(removed(second))
    third = make_installation(first.organization, community_id="6")

    purge_ready(seconds=10)

    assert list(Installation.objects.all()) == [third]
    assert not Delivery.objects.exists()


def test_an_earlier_removal_leaves_the_organization_to_the_later_one():
    old = make_link()
    first = due(removed(old.installation))
    second = removed(make_installation(old.organization))

    purge_ready(seconds=10)

    first.refresh_from_db()
    assert first.scope == RemovalScope.INSTALLATION
    assert Organization.objects.filter(pk=old.organization_id).exists()
    due(second)
    purge_ready(seconds=10)
    assert rows_of(old.organization) == {}


def test_a_purge_that_began_frees_the_organizations_name():
    link = make_link()
    ovice_id = link.organization.ovice_id
    purge.begin(due(removed(link.installation)))

    fresh = Organization.objects.register(ovice_id)

    assert fresh.pk != link.organization_id
    purge_ready(seconds=10)
    assert list(Organization.objects.all()) == [fresh]
    assert DataKey.objects.get().organization == fresh


def test_the_keys_are_destroyed_before_the_first_row_goes():
    link = make_link()
    make_busy(link)
    keys = [str(key) for key in DataKey.objects.values_list("pk", flat=True)]

    begun = purge.begin(due(removed(link.installation)))

    forget_keys()
    assert begun is not None
    assert begun.destroyed_keys == keys
    assert Member.objects.get().email is None


@pytest.mark.parametrize("batch", range(1, 14))
def test_a_purge_killed_after_any_batch_is_taken_up_again(monkeypatch, batch):
    class Killed(BaseException):
        """Not even a broad except may stop it, like a kill."""

    link = make_link()
    for _ in range(4):
        make_busy(link)
    removal = due(removed(link.installation))
    left = iter(range(batch))

    def killed(_pace):
        if next(left, None) is None:
            raise Killed

    monkeypatch.setattr(bulk_delete, "_SMALLEST", 1)
    monkeypatch.setattr(bulk_delete, "_LARGEST", 1)
    monkeypatch.setattr(bulk_delete, "FIRST", 1)
    monkeypatch.setattr(bulk_delete.Pace, "rest", killed)
    with pytest.raises(Killed):
        purge_ready(seconds=10)
    monkeypatch.undo()

    assert purge_ready(seconds=10) == 1

    removal.refresh_from_db()
    assert rows_of(link.organization) == {}
    assert receipt_of(removal)["tables"]["messaging.Attempt"] == {"before": 4, "after": 0}


def test_a_time_slice_ends_a_run_and_the_next_one_goes_on(monkeypatch):
    link = make_link()
    make_busy(link)
    due(removed(link.installation))

    assert purge_ready(seconds=0.000001) == 0
    assert purge_ready(seconds=10) == 1


def test_one_purge_that_fails_does_not_keep_the_others_waiting(monkeypatch):
    bad, good = make_link(), make_link()
    failing = due(removed(bad.installation))
    due(removed(good.installation))
    begin = purge.begin

    def broken(removal):
        if removal.pk == failing.pk:
            raise OSError("disk")
        return begin(removal)

    monkeypatch.setattr(purge, "begin", broken)

    assert purge_ready(seconds=10) == 1

    failing.refresh_from_db()
    assert failing.failure == "OSError"
    assert rows_of(good.organization) == {}


def test_an_organization_that_ovice_removed_goes_whole():
    link = make_link()
    make_busy(link)
    remove_organization(link.organization, at=now())
    Removal.objects.update(purge_at=now() - timedelta(minutes=1), told_at=now())

    assert purge_ready(seconds=10) == 2

    assert rows_of(link.organization) == {}
    whole = Removal.objects.get(generation=None)
    assert whole.scope == RemovalScope.ORGANIZATION
    assert len(whole.destroyed_keys) == 1


def test_a_link_that_ended_while_its_dm_was_sent_does_not_stop_the_purge_of_its_generation():
    """The DM went on with the queue to the next generation, the link stayed behind."""
    link = make_link()
    removal = removed(link.installation)
    following = make_installation(link.organization)
    delivery = make_delivery(link, state="delivered", settled_at=now())
    Delivery.objects.update(installation=following)
    Attempt.objects.create(
        organization=link.organization, delivery=delivery, outcome=Outcome.SENT, started_at=now()
    )
    kept = make_delivery(make_link(following))
    due(removal)

    assert purge_ready(seconds=10) == 1

    tables = receipt_of(removal)["tables"]
    assert [tables[f"messaging.{name}"]["before"] for name in ("Attempt", "Delivery")] == [1, 1]
    assert list(Delivery.objects.all()) == [kept]
    assert list(Installation.objects.all()) == [following]


def test_a_generation_goes_with_all_those_it_had_replaced_step_by_step():
    """The first one had the bot of the second, which had the community of the third."""
    gone: dict[str, Any] = {"state": "removed", "removed_at": now()}
    first = make_installation(community_id="", bot_id="A", **gone)
    make_installation(first.organization, community_id="C", bot_id="A", **gone)
    other = make_installation(first.organization, community_id="X", bot_id="Y", **gone)
    removal = removed(make_installation(first.organization, community_id="C", bot_id="B"))
    make_delivery(make_link(first), state="delivered", settled_at=now())
    alive = make_installation(first.organization, community_id="D", bot_id="A")
    due(removal)

    assert purge_ready(seconds=10) == 1

    assert set(Installation.objects.all()) == {other, alive}
    assert not Delivery.objects.exists()


def test_the_history_of_a_removed_generation_goes_with_it():
    old = make_installation(community_id="500500500", community_name="Gone Community")
    removal = removed(old)
    alive = make_installation(old.organization, community_name="Living Community")
    due(removal)

    assert purge_ready(seconds=10) == 1

    told = str(list(LogEntry.objects.values_list("changes", "object_repr")))
    assert "500500500" not in told
    assert "Gone Community" not in told
    assert "Living Community" in told
    assert alive.state == "active"
