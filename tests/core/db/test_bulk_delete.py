"""Deleting in batches: each row once, none forgotten, and a rest after each."""

import time

import pytest

from core.db.bulk_delete import Pace, delete_in_batches
from integrations.models import Space
from messaging.models import Attempt, Delivery, Outcome
from tests.factories import make_delivery, make_organization

pytestmark = pytest.mark.django_db


def pace_of(size: int) -> Pace:
    pace = Pace()
    pace.size = size
    # Learning would change the size under the test.
    pace.learn = lambda *_: None  # type: ignore[method-assign] # on purpose
    return pace


def make_spaces(count: int):
    organization = make_organization()
    Space.objects.bulk_create(
        Space(organization=organization, ovice_id=f"space-{n}") for n in range(count)
    )
    return Space.objects.filter(organization=organization)


@pytest.mark.parametrize(
    ("rows", "size", "batches"),
    [(0, 3, []), (2, 3, [2]), (3, 3, [3]), (4, 3, [3, 1]), (9, 3, [3, 3, 3]), (10, 4, [4, 4, 2])],
)
def test_batches_of_so_many_take_every_row_once(rows, size, batches):
    others = make_spaces(2)
    spaces = make_spaces(rows)
    assert list(delete_in_batches(spaces, pace_of(size))) == batches
    assert (spaces.count(), others.count()) == (0, 2)


def test_a_row_that_comes_in_behind_the_last_key_goes_as_well():
    spaces = make_spaces(5)
    deleting = delete_in_batches(spaces, pace_of(2))
    assert next(deleting) == 2
    Space.objects.create(organization=Space.objects.latest("pk").organization, ovice_id="late")
    assert sum(deleting) == 4
    assert spaces.count() == 0


def test_rows_can_be_found_by_what_they_point_to():
    gone, kept = make_delivery(), make_delivery()
    for delivery in (gone, gone, kept):
        Attempt.objects.create(
            organization=delivery.organization,
            delivery=delivery,
            outcome=Outcome.SENT,
            started_at=delivery.due_at,
        )
    of_one = Attempt.objects.filter(delivery__installation=gone.installation)
    assert list(delete_in_batches(of_one, pace_of(1))) == [1, 1]
    assert Attempt.objects.get().delivery == kept
    assert Delivery.objects.count() == 2


def test_a_slow_batch_halves_the_next_and_a_fast_one_doubles_it():
    pace = Pace()
    first = pace.size
    pace.learn(first, 0.001)
    assert pace.size == 2 * first
    pace.learn(pace.size, 5.0)
    assert pace.size == first
    pace.learn(1, 0.001)
    assert pace.size == first


def test_after_each_batch_the_database_is_left_to_others_for_a_while():
    pace = Pace()
    pace.learn(1, 0.1)
    began = time.monotonic()
    pace.rest()
    assert time.monotonic() - began >= 0.3
