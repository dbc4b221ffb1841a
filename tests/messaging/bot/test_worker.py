"""Workers for a target's updates: which, how many at once, and for how long."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from uuid import uuid4

import pytest
from django.db import OperationalError, connections
from django.utils.timezone import now

from integrations.models import InstallationState
from integrations.targets.events import Update, UpdateKind
from messaging.bot import receipts, worker
from messaging.bot.receive import take_in
from messaging.bot.wakeups import sweep
from messaging.bot.worker import handle
from messaging.delivery import confirmations
from messaging.delivery.wakeups import wake
from messaging.models import FACTS_LANE, TALK_LANES, DeliveryState, Lane
from messaging.models.bot import ReceivedUpdate
from tests.factories import make_delivery, make_installation, make_link
from tests.messaging.bot.conftest import arrived

pytestmark = pytest.mark.django_db


def told(kind: UpdateKind, account_id: str = "", at: datetime | None = None) -> Update:
    return Update(
        key=uuid4().hex,
        kind=kind,
        at=at or now(),
        bot_id="200",
        account_id=account_id or uuid4().hex,
        message_ids=("m.1",),
    )


@pytest.fixture
def installation(wakes):
    """Return an installation that was told nothing yet."""
    return make_installation(bot_id="200")


@pytest.fixture
def tell(installation, django_capture_on_commit_callbacks):
    """Return a function that takes in updates of one kind, each in a post of its own."""

    def take(kind: UpdateKind, count: int = 1) -> None:
        for _ in range(count):
            with django_capture_on_commit_callbacks(execute=True):
                take_in(installation.target, [told(kind)])

    return take


def waiting() -> int:
    return ReceivedUpdate.objects.filter(handled_at=None).count()


def test_a_flood_of_posts_queues_one_task_for_facts_and_one_for_each_worker_who_may_talk(
    tell, installation, wakes
):
    tell(UpdateKind.SEEN, 20)
    tell(UpdateKind.WROTE, 20)
    lanes = (FACTS_LANE, *TALK_LANES)
    assert Counter(wakes) == Counter((str(installation.pk), number) for number in lanes)


def test_facts_are_noted_by_one_worker_at_a_time(tell, installation):
    tell(UpdateKind.REACHED)
    Lane.objects.update(leased_until=now().replace(year=2100))
    handle(installation.pk, FACTS_LANE)
    assert waiting() == 1
    Lane.objects.update(leased_until=None)
    handle(installation.pk, FACTS_LANE)
    assert waiting() == 0


def test_a_fact_that_comes_while_others_are_noted_is_noted_before_the_worker_leaves(
    tell, installation, wakes, monkeypatch
):
    rounds = []

    def note_and_hear_more(given):
        more = receipts.take_facts(given)
        rounds.append(more)
        if len(rounds) < 3:
            tell(UpdateKind.SEEN)
        return more

    monkeypatch.setattr(worker, "take_facts", note_and_hear_more)
    tell(UpdateKind.SEEN)
    handle(installation.pk, FACTS_LANE)
    assert (waiting(), len(rounds), len(wakes)) == (0, 3, 1)


@pytest.mark.parametrize("number", [FACTS_LANE, TALK_LANES[2]])
def test_a_worker_whose_time_is_over_comes_back_behind_the_others(
    tell, installation, wakes, monkeypatch, number
):
    tell(UpdateKind.SEEN)
    tell(UpdateKind.WROTE)
    wake(installation.pk, number)
    wakes.clear()
    monkeypatch.setattr(worker, "SLICE_SECONDS", 0)
    handle(installation.pk, number)
    assert (wakes, waiting()) == ([(str(installation.pk), number)], 2)
    assert Lane.objects.get(number=number).leased_until is None


def test_a_worker_that_fails_leaves_the_lane_to_the_sweep(tell, installation, wakes, monkeypatch):
    def fail(_installation):
        raise RuntimeError("poison")

    tell(UpdateKind.SEEN)
    wakes.clear()
    with monkeypatch.context() as broken:
        broken.setattr(worker, "take_facts", fail)
        with pytest.raises(RuntimeError, match="poison"):
            handle(installation.pk, FACTS_LANE)
    assert wakes == []
    ReceivedUpdate.objects.update(received_at=now().replace(year=2020))
    sweep(now())
    assert wakes == [(str(installation.pk), FACTS_LANE)]


def test_somebody_whose_updates_break_us_silences_nobody_else(tell, installation, monkeypatch):
    heard = []

    def fail_once(_installation, account_id):
        heard.append(account_id)
        if len(heard) == 1:
            raise RuntimeError("poison")
        return True

    monkeypatch.setattr(worker, "talk", fail_once)
    tell(UpdateKind.WROTE, 3)
    wake(installation.pk, TALK_LANES[0])
    handle(installation.pk, TALK_LANES[0])
    assert len(set(heard)) == 3
    assert Lane.objects.get(number=TALK_LANES[0]).leased_until is None


def test_a_fact_that_breaks_us_is_set_aside_and_the_others_are_noted(
    installation, monkeypatch, caplog
):
    link = make_link(installation)
    sent = make_delivery(link, state=DeliveryState.DELIVERED, target_message_id="m.1")

    def fail(_installation, _reference):
        raise RuntimeError("poison")

    monkeypatch.setattr(confirmations, "confirm", fail)
    for kind in (UpdateKind.ECHOED, UpdateKind.REACHED):
        take_in(installation.target, [told(kind, link.account_id)])
    wake(installation.pk, FACTS_LANE)
    handle(installation.pk, FACTS_LANE)
    sent.refresh_from_db()
    assert (waiting(), sent.reached_at is None) == (0, False)
    assert "fact: set aside" in caplog.text


def test_while_the_database_is_away_no_fact_is_set_aside(tell, installation, monkeypatch):
    def fail(_installation, _fact):
        raise OperationalError("away")

    tell(UpdateKind.SEEN)
    monkeypatch.setattr(receipts, "_note", fail)
    with pytest.raises(OperationalError):
        handle(installation.pk, FACTS_LANE)
    assert waiting() == 1


def test_for_an_installation_that_is_gone_nothing_is_done(tell, installation):
    tell(UpdateKind.SEEN)
    type(installation).objects.update(state=InstallationState.REMOVED)
    handle(installation.pk, FACTS_LANE)
    assert (waiting(), Lane.objects.get(number=FACTS_LANE).leased_until) == (1, None)


def test_the_facts_of_a_person_are_noted_as_they_happened_not_as_they_were_told(installation):
    link = make_link(installation)
    early = now() - timedelta(minutes=2)
    delivery = make_delivery(
        link, state=DeliveryState.DELIVERED, settled_at=early - timedelta(minutes=1)
    )
    for at in (now(), early):
        take_in(installation.target, [told(UpdateKind.SEEN, at=at, account_id=link.account_id)])
    assert not receipts.take_facts(installation)
    delivery.refresh_from_db()
    assert delivery.seen_at == early


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_four_workers_answer_each_of_many_people_once(hanako):
    office = hanako.office
    people = [office.sandbox.member(office.community, f"Person{place}") for place in range(12)]
    for person in people:
        office.sandbox.act(person, office.integration.page_id, text="Hello?")
    arrived(office)
    for number in TALK_LANES:
        Lane.objects.get_or_create(installation=office.installation, number=number)

    def work(number: int) -> None:
        handle(office.installation.pk, number)
        connections.close_all()

    with ThreadPoolExecutor(len(TALK_LANES)) as pool:
        list(pool.map(work, TALK_LANES))
    answers = [
        sum(line["from"] == "bot" for line in office.sandbox.chat(person)) for person in people
    ]
    assert answers == [1] * len(people)
