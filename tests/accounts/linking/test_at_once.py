"""Races of linking, with real transactions: one account stays one member's."""

import threading
from collections.abc import Callable

import pytest
from django.db import connections, transaction
from django.utils.timezone import now

from accounts.directory.events import remove_member
from accounts.linking import link as linking
from accounts.linking.link import LinkRefused, RemovedReason, link, remove_links
from accounts.models import Link, Member
from integrations.removal.uninstall import remove_installation
from messaging.models import Delivery
from tests.factories import make_delivery, make_member

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.postgres]


def at_once(*jobs: Callable[[], object]) -> list[object]:
    """Start all jobs at the same moment and return what each returned or refused with."""
    barrier = threading.Barrier(len(jobs))
    results: list[object] = [None] * len(jobs)

    def work(number: int, job: Callable[[], object]) -> None:
        barrier.wait()
        try:
            results[number] = job()
        except LinkRefused as refused:
            results[number] = refused.code
        finally:
            connections.close_all()

    threads = [threading.Thread(target=work, args=(number, job)) for number, job in enumerate(jobs)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


@pytest.fixture
def meeting(monkeypatch) -> Callable[[int], None]:
    """Return a function: so many look-ups end at the same moment, just before they store."""

    def meet(number: int) -> None:
        barrier, find = threading.Barrier(number), linking._find

        def found(*args):
            account = find(*args)
            barrier.wait()
            return account

        monkeypatch.setattr(linking, "_find", found)

    return meet


def test_of_two_members_with_one_address_one_gets_the_account(office, meeting):
    office.sandbox.member(office.community, "Hanako", "hanako@example.com")
    twins = [make_member(office.organization, email="hanako@example.com") for _ in range(2)]
    meeting(2)
    results = at_once(*(lambda twin=twin: link(twin, office.installation) for twin in twins))
    assert "workplace_account_taken" in results
    assert Link.objects.active().count() == 1


def test_two_presses_of_one_member_make_one_link(office, meeting):
    office.sandbox.member(office.community, "Hanako", "hanako@example.com")
    member = make_member(office.organization, email="hanako@example.com")
    meeting(2)
    first, second = at_once(*[lambda: link(member, office.installation)] * 2)
    assert first == second == Link.objects.get()


def test_linking_while_the_organization_disconnects_leaves_no_link(office, meeting):
    office.sandbox.member(office.community, "Hanako", "hanako@example.com")
    member = make_member(office.organization, email="hanako@example.com")
    meeting(1)
    at_once(
        lambda: link(member, office.installation),
        lambda: remove_installation(office.installation),
    )
    assert Link.objects.active().count() == 0


def test_linking_while_the_member_leaves_leaves_no_link(office, meeting):
    office.sandbox.member(office.community, "Hanako", "hanako@example.com")
    member = make_member(office.organization, email="hanako@example.com")
    meeting(1)
    at_once(
        lambda: link(member, office.installation),
        transaction.atomic(lambda: remove_member(office.organization, member.ovice_id, at=now())),
    )
    assert Link.objects.active().count() == 0
    assert Member.objects.get().removed_at is not None


def test_unlinking_twice_at_once_counts_once_and_cancels_all(office):
    made = office.join("Hanako")
    make_delivery(made)
    mine = Link.objects.filter(pk=made.pk)
    counted = at_once(*[lambda: remove_links(mine, reason=RemovedReason.USER)] * 2)
    assert {*counted} == {0, 1}
    assert not Delivery.objects.waiting().exists()


def test_a_slow_target_keeps_a_few_threads_and_the_others_are_told(office, monkeypatch):
    monkeypatch.setattr(linking, "PATIENCE_SECONDS", 0.05)
    office.sandbox.fault("latency", seconds=0.6)
    names = [f"member{number}" for number in range(linking.LOOK_UPS_AT_ONCE + 1)]
    for name in names:
        office.sandbox.member(office.community, name, f"{name}@example.com")
    members = [make_member(office.organization, email=f"{name}@example.com") for name in names]
    found = at_once(*(lambda one=one: link(one, office.installation) for one in members))
    assert found.count("temporarily_unavailable") == 1
    assert Link.objects.active().count() == linking.LOOK_UPS_AT_ONCE
    office.sandbox.lift_faults()
    assert link(members[found.index("temporarily_unavailable")], office.installation)


def test_one_person_who_asks_many_times_at_once_leaves_room_for_the_others(office, monkeypatch):
    monkeypatch.setattr(linking, "PATIENCE_SECONDS", 0.1)
    names = ("greedy", "hanako")
    for name in names:
        office.sandbox.member(office.community, name, f"{name}@example.com")
    greedy, hanako = (
        make_member(office.organization, email=f"{name}@example.com") for name in names
    )
    with linking._look_up_of(greedy):
        again = [lambda: link(greedy, office.installation)] * linking.LOOK_UPS_AT_ONCE
        found = at_once(*again, lambda: link(hanako, office.installation))
    assert found[:-1] == ["temporarily_unavailable"] * linking.LOOK_UPS_AT_ONCE
    assert found[-1] == Link.objects.active().get()
    assert link(greedy, office.installation)
