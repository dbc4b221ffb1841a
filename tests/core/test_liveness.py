"""When beat and the workers last showed that they live."""

from datetime import datetime, timedelta

import pytest
from django.core.cache import cache
from django.utils.timezone import now

from config.celery import leave_a_mark_with_every_job
from core import liveness
from core.liveness import Pulse, beat_seen_at, worker_seen_at
from messaging.tasks import sweep

pytestmark = pytest.mark.services


@pytest.fixture(autouse=True)
def _new_process(monkeypatch):
    monkeypatch.setattr("core.liveness.beat_pulse", Pulse("beat-seen-at"))
    monkeypatch.setattr("messaging.tasks.worker_pulse", Pulse("worker-seen-at"))


@pytest.fixture
def beats(monkeypatch):
    """The receivers that a starting beat connects to what is published."""
    connected = []
    monkeypatch.setattr(
        "config.celery.after_task_publish.connect", lambda mark, **_: connected.append(mark)
    )
    leave_a_mark_with_every_job()
    return connected


def is_recent(moment: datetime | None) -> bool:
    return moment is not None and now() - moment < timedelta(seconds=5)


def test_nobody_was_seen_before_they_did_anything():
    assert (beat_seen_at(), worker_seen_at()) == (None, None)


def test_beat_is_seen_when_it_queues_a_job(beats):
    beats[0](sender="messaging.tasks.sweep")
    assert is_recent(beat_seen_at())
    assert worker_seen_at() is None


@pytest.mark.django_db
def test_a_worker_is_seen_when_it_takes_up_the_sweep():
    sweep()
    assert is_recent(worker_seen_at())
    assert beat_seen_at() is None


def test_many_jobs_in_one_instant_make_one_mark(beats, monkeypatch):
    beats[0]()
    cache.clear()
    beats[0]()
    assert beat_seen_at() is None


def test_a_cache_that_is_away_stops_nobody_and_tells_nothing(settings):
    settings.CACHES = {
        "default": {
            "BACKEND": "django.core.cache.backends.redis.RedisCache",
            "LOCATION": "redis://127.0.0.1:9",
        }
    }
    mine = Pulse("mine")
    mine.mark()
    assert mine.seen_at() is None
    assert liveness.beat_seen_at() is None
