"""The watch over the fuzzers: each kind of fault is noticed, and everything is undone."""

import time

import pytest
from django.db import transaction

from accounts.models import Member, Role
from tests.factories import make_member
from tests.fuzz.watching import Rows, Watch, WatchedClient
from tests.plugins.portal import Portal


@pytest.fixture
def watch(portal: Portal) -> Watch:
    for organization in (portal.a, portal.b):
        make_member(organization, "u-1")
    rows = Rows({"A": portal.a.pk, "B": portal.b.pk})
    rows.remember()
    return Watch(rows)


def faults(watch: Watch) -> list[str]:
    return [finding.fault for finding in watch.taken()]


def promote(organization):
    return lambda: Member.objects.filter(organization=organization).update(role=Role.OWNER)


# With no page there is none to lead to either.
urlpatterns: list[object] = []


def test_a_change_by_a_refused_input_is_noticed(watch, portal):
    watch.look(promote(portal.a), "", refused=lambda _answer: True)
    assert faults(watch) == ["refused, and yet changed accounts_member"]


def test_a_change_for_another_organization_is_noticed(watch, portal):
    watch.about = "A"
    watch.look(promote(portal.a), "")
    assert faults(watch) == []
    watch.look(promote(portal.b), "")
    assert faults(watch) == ["changed accounts_member of B"]


def test_everything_is_undone(watch, portal):
    watch.look(promote(portal.a), "")
    assert not Member.objects.filter(role=Role.OWNER).exists()


def test_a_call_that_breaks_its_transaction_stops_no_watch(watch, portal):
    def broken() -> None:
        promote(portal.a)()
        transaction.set_rollback(True)

    watch.look(broken, "", refused=lambda _answer: True)
    assert faults(watch) == []
    watch.look(promote(portal.a), "", refused=lambda _answer: True)
    assert len(faults(watch)) == 1


def test_a_call_that_takes_too_long_is_noticed(watch):
    def busy() -> None:
        end = time.thread_time() + 0.02
        while time.thread_time() < end:
            pass

    watch.look(busy, "", limit=0.01)
    assert len(faults(watch)) == 1


@pytest.mark.urls(__name__)
def test_an_answer_above_499_is_noticed(watch):
    WatchedClient(watch).post("/", {"a": "b"})
    [found] = watch.taken()
    assert found.fault.startswith("500 NoReverseMatch")
    assert "POST '/'" in found.request
    assert 'name="a"' in found.request
