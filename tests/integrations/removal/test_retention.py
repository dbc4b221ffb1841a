"""Old rows go, and needed ones stay."""

from datetime import timedelta

import pytest
from django.conf import settings as project
from django.contrib.sessions.models import Session
from django.db import DatabaseError
from django.utils.timezone import now
from redis.exceptions import RedisError
from uuid_utils.compat import uuid7

from accounts.linking.link import RemovedReason, remove_links
from accounts.models import Link, Member, OwnerMailKind, UsedLaunch
from accounts.owners.mail import tell_owners
from accounts.signin.codes import ask_for_code
from core.db import bulk_delete
from core.ids import earliest_id
from core.liveness import Pulse
from integrations import tasks
from integrations.models import Callback
from integrations.models.removal import Removal
from integrations.removal import retention
from integrations.removal.data_map import aged, tables, without_customers
from integrations.removal.retention import PURGE_AGED, Turn, keep_up, purge_aged
from messaging.models import Attempt, Delivery, Message, Outcome, ReceivedEvent
from messaging.models.bot import Conversation, ReceivedUpdate
from tests.factories import (
    make_delivery,
    make_installation,
    make_link,
    make_organization,
    make_talk,
    number,
)
from tests.plugins.portal import make_owner

pytestmark = pytest.mark.django_db
# Kept as long as the organization is connected, or while a person is linked.
KEPT_UNTIL_REMOVAL = {
    "accounts.DirectorySync",
    "accounts.Ownership",
    "accounts.User_groups",
    "accounts.User_user_permissions",
    "account.EmailAddress",
    "account.EmailConfirmation",
    "mfa.Authenticator",
    "integrations.DataKey",
    "integrations.Installation",
    "integrations.Organization",
    "messaging.Canary",
    "messaging.Lane",
}


# Much hangs on a user, so that they do not go by themselves: accounts/owners/ownership.py.
BY_ANOTHER_JOB = {"accounts.User"}


@pytest.fixture
def later(monkeypatch):
    """Let retention believe that some days have gone by since everything was made."""

    def pass_days(days: float) -> dict[str, int]:
        with monkeypatch.context() as patch:
            patch.setattr(retention, "now", lambda: now() + timedelta(days=days))
            return purge_aged(seconds=10).gone

    return pass_days


def settled() -> Delivery:
    delivery = make_delivery(state="delivered", settled_at=now())
    Attempt.objects.create(
        organization=delivery.organization,
        delivery=delivery,
        outcome=Outcome.SENT,
        started_at=now(),
    )
    return delivery


def test_every_table_ages_or_lives_as_long_as_its_customer():
    ages = {entry.model for entry in aged()}

    assert ages == set(project.RETENTION) - BY_ANOTHER_JOB
    assert {table.model for table in tables()} - ages - KEPT_UNTIL_REMOVAL == BY_ANOTHER_JOB
    assert ages <= {table.model for table in tables()} | set(without_customers())


def test_a_settled_delivery_goes_with_all_that_belongs_to_it(later):
    settled()

    assert later(29) == {}
    assert later(31) == {"messaging.Attempt": 1, "messaging.Delivery": 1, "messaging.Message": 1}
    assert Link.objects.exists()


def test_a_delivery_that_still_waits_stays(later):
    make_delivery()

    assert later(300) == {}
    assert Message.objects.exists()


def test_an_event_is_known_for_thirty_days(later):
    ReceivedEvent.objects.create(key=number(), type="t", body_digest=b"1")

    assert later(29) == {}
    assert later(31) == {"messaging.ReceivedEvent": 1}


def test_a_delivered_callback_goes_after_thirty_days(later):
    Callback.objects.create(organization=make_organization(), type="link.created")

    assert later(29) == {}
    assert later(31) == {"integrations.Callback": 1}


def test_an_ended_link_and_a_member_who_left_go_in_their_order(later):
    link = make_link()
    remove_links(Link.objects.all(), reason=RemovedReason.USER)
    Member.objects.update(removed_at=now())

    assert later(31) == {}
    assert later(91) == {"accounts.Link": 1, "accounts.Member": 1}
    assert link.organization.members.count() == 0


def test_a_link_in_use_and_its_member_stay(later):
    make_link()

    assert later(399) == {}


def test_a_code_goes_an_hour_after_it_was_asked_for_with_what_was_typed(later):
    ask_for_code("hanako@example.com", language="ja")

    assert later(0.9 / 24) == {}
    assert later(1.1 / 24) == {"accounts.SignInCode": 1}


def test_a_used_launch_is_known_for_an_hour_beyond_its_end(later):
    UsedLaunch.objects.create(token_hash="1", expires_at=now() + timedelta(hours=1))

    assert later(1.9 / 24) == {}
    assert later(2.1 / 24) == {"accounts.UsedLaunch": 1}


def test_that_an_owner_was_written_to_is_known_for_a_month(later):
    organization = make_organization()
    make_owner(organization, "ada@example.com")
    tell_owners(organization, OwnerMailKind.ATTENTION)

    assert later(29) == {}
    assert later(31) == {"accounts.OwnerMail": 1}


def test_expired_sessions_go_at_once(later):
    Session.objects.create(session_key="old", session_data="", expire_date=now())
    Session.objects.create(session_key="new", expire_date=now() + timedelta(hours=1))

    assert later(0) == {"sessions.Session": 1}


def test_a_receipt_outlives_the_data_by_three_years(later):
    at = now()
    Removal.objects.create(
        reason="disconnected", scope="organization", purge_at=at, due_at=at, finished_at=at
    )

    assert later(3 * 365 - 1) == {}
    assert later(3 * 365 + 1) == {"integrations.Removal": 1}


@pytest.fixture
def one_at_a_time(monkeypatch):
    """Let a batch be one row."""
    for size in ("FIRST", "_SMALLEST", "_LARGEST"):
        monkeypatch.setattr(bulk_delete, size, 1)


@pytest.fixture
def asked_for(monkeypatch):
    """Collect the tasks that are asked for, in a process that has not marked anything yet."""
    found: list[str] = []
    monkeypatch.setattr(retention, "caught_up", Pulse("retention-caught-up-at"))
    monkeypatch.setattr(retention, "hint", lambda task, **_: found.append(task))
    return found


@pytest.fixture
def long_settled(monkeypatch):
    """Make deliveries, each with all that belongs to it, that ought to be gone by now."""

    def make(times: int) -> None:
        for _ in range(times):
            settled()
        monkeypatch.setattr(retention, "now", lambda: now() + timedelta(days=31))

    return make


@pytest.mark.usefixtures("one_at_a_time")
def test_a_full_table_keeps_no_other_waiting(long_settled):
    long_settled(3)
    ReceivedEvent.objects.create(key=number(), type="t", body_digest=b"1")

    turn = purge_aged(seconds=0)

    assert turn.is_left
    assert turn.gone["messaging.Attempt"] == 1
    assert turn.gone["messaging.ReceivedEvent"] == 1


@pytest.mark.usefixtures("one_at_a_time")
def test_one_turn_goes_on_until_nothing_is_left(long_settled):
    long_settled(3)

    turn = purge_aged(seconds=10)

    assert turn.gone == dict.fromkeys(
        ("messaging.Attempt", "messaging.Delivery", "messaging.Message"), 3
    )
    assert not turn.is_left


@pytest.mark.usefixtures("one_at_a_time")
def test_another_turn_is_asked_for_while_there_is_something_left(asked_for, long_settled, settings):
    long_settled(2)
    settings.PURGE_TIME_SLICE = timedelta(0)

    keep_up()
    assert asked_for == [PURGE_AGED]
    assert retention.caught_up.seen_at() is None

    while Message.objects.exists():
        keep_up()
    asked_for.clear()
    keep_up()
    assert asked_for == []
    assert retention.caught_up.seen_at() is not None


def test_while_one_is_at_it_no_other_begins(asked_for, monkeypatch):
    begun = []

    def another(*, seconds: float) -> Turn:
        begun.append(seconds)
        keep_up()
        return Turn()

    monkeypatch.setattr(retention, "purge_aged", another)

    keep_up()
    keep_up()

    assert len(begun) == 2


def test_a_turn_that_failed_leaves_the_next_one_to_begin(asked_for, monkeypatch):
    def fail(*, seconds: float) -> Turn:
        raise DatabaseError

    with monkeypatch.context() as patch:
        patch.setattr(retention, "purge_aged", fail)
        with pytest.raises(DatabaseError):
            keep_up()

    keep_up()
    assert retention.caught_up.seen_at() is not None


def test_without_a_cache_old_rows_go_all_the_same(asked_for, long_settled, monkeypatch):
    class Away:
        def __getattr__(self, name: str) -> object:
            raise RedisError

    monkeypatch.setattr(retention, "cache", Away())
    long_settled(1)

    keep_up()

    assert not Message.objects.exists()


def test_the_task_by_which_it_goes_on_is_the_one_that_beat_starts():
    assert tasks.purge_aged.name == PURGE_AGED
    assert PURGE_AGED in {entry["task"] for entry in project.CELERY_BEAT_SCHEDULE.values()}


def test_ids_are_in_order_of_the_time_at_which_they_were_made():
    assert earliest_id(now() - timedelta(seconds=1)) < uuid7()
    assert uuid7() < earliest_id(now() + timedelta(milliseconds=2))


def test_an_update_of_the_chat_target_goes_after_seven_days(later):
    make_talk(make_installation(), "1")

    assert later(6) == {}
    assert later(8) == {"messaging.ReceivedUpdate": 1, "messaging.Conversation": 1}


def test_an_update_that_nobody_has_handled_goes_after_seven_days_as_well(later):
    make_talk(make_installation(), "1")
    ReceivedUpdate.objects.update(handled_at=None)

    assert later(8)["messaging.ReceivedUpdate"] == 1


def test_a_conversation_that_goes_on_stays(later):
    link = make_link()
    make_talk(link.installation, link.account_id)
    Conversation.objects.update(spoken_at=now() + timedelta(days=3))

    assert "messaging.Conversation" not in later(9)
    assert later(11)["messaging.Conversation"] == 1
