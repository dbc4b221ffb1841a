"""Objects kept for good are no work for the garbage collector, in web and in workers."""

import gc
import os
import subprocess
import sys

import pytest

from config.metrics.settled_heap import spare_what_stays


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
    "begins",
    [
        "from config import gunicorn; django.setup(); gunicorn.post_worker_init(None)",
        "from config import celery; django.setup(); celery.spare_the_collector()",
    ],
)
def test_web_processes_and_workers_begin_with_it(begins):
    # In a process of its own: importing gunicorn's configuration decides where counts go.
    code = f"import django, gc; {begins}; print(gc.get_freeze_count())"
    said = subprocess.run(
        [sys.executable, "-c", code], env={**os.environ}, capture_output=True, text=True, check=True
    )
    assert int(said.stdout.split()[-1]) > 50_000


def test_objects_made_later_are_still_collected():
    spare_what_stays(with_pages=False)
    ring: list[object] = []
    ring.append(ring)
    del ring
    assert gc.collect() >= 1
