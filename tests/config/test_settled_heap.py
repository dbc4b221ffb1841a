"""What a process keeps for good is no work for the garbage collector, in web and in workers."""

import gc

import pytest

from config import celery, gunicorn
from config.settled_heap import spare_what_stays


@pytest.fixture(autouse=True)
def _thawed():
    yield
    gc.unfreeze()


def test_a_collection_passes_over_it():
    before = len(gc.get_objects())
    spare_what_stays(with_pages=False)
    assert gc.get_freeze_count() > before / 2
    assert len(gc.get_objects()) < before / 2


@pytest.mark.parametrize(
    "begin", [lambda: gunicorn.post_worker_init(None), celery.spare_the_collector]
)
def test_web_processes_and_workers_begin_with_it(begin, monkeypatch):
    monkeypatch.setattr("messaging.watch.start", lambda: None)
    assert gc.get_freeze_count() == 0
    begin()
    assert gc.get_freeze_count() > 0


def test_what_is_made_later_is_still_collected():
    spare_what_stays(with_pages=False)
    ring: list[object] = []
    ring.append(ring)
    del ring
    assert gc.collect() >= 1
