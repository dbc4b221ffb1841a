"""A part that is missing is found, whichever of the others is left to tell."""

from datetime import timedelta

import pytest
from django.core.cache import cache
from django.utils.timezone import now

from core.liveness import Pulse
from integrations.models import Callback
from messaging.models import Outage
from messaging.models.incident_kinds import Kind
from messaging.monitoring import components
from tests.factories import make_delivery, make_organization

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)


def found(minutes: float = 0) -> list[Kind]:
    return [finding.kind for finding in components.find(now() + minutes * MINUTE)]


@pytest.fixture(autouse=True)
def _all_alive():
    """Let beat and a worker have shown themselves a moment ago."""
    for key in ("beat-seen-at", "worker-seen-at"):
        Pulse(key).mark()


@pytest.fixture
def workers(monkeypatch):
    """The workers that answer when they are asked."""
    answers: list[str] = []
    monkeypatch.setattr(components, "workers_that_answer", lambda: len(answers))
    return answers


def test_when_everything_shows_itself_nothing_is_missing():
    assert found() == []


def test_beat_that_is_not_seen_is_missing_while_workers_answer(workers):
    workers.append("worker")
    assert found(4) == [Kind.BEAT_MISSING]


def test_beat_that_was_never_seen_is_missing(workers):
    cache.delete("beat-seen-at")
    finding = next(components.find(now()))
    assert (finding.kind, finding.facts) == (Kind.BEAT_MISSING, {"minutes": "?"})


def test_workers_that_neither_show_themselves_nor_answer_are_missing(workers):
    cache.delete("worker-seen-at")
    make_delivery()
    finding = next(components.find(now()))
    assert (finding.kind, finding.facts["count"]) == (Kind.NO_WORKER, 1)


def test_a_broker_that_is_away_is_the_one_thing_that_is_said(settings):
    settings.CACHES = {
        "default": {
            "BACKEND": "django.core.cache.backends.redis.RedisCache",
            "LOCATION": "redis://127.0.0.1:9",
        }
    }
    assert found() == [Kind.BROKER_AWAY]


@pytest.mark.parametrize(("minutes", "expected"), [(4, []), (6, [Kind.OUTAGE])])
def test_an_outage_is_an_incident_when_it_lasts(minutes, expected):
    Outage.objects.create(target="workplace", began_at=now() - minutes * MINUTE)
    assert found() == expected


def callback(organization, **fields) -> Callback:
    return Callback.objects.create(
        organization=organization, type="link.created", **{"due_at": now() - 11 * MINUTE, **fields}
    )


@pytest.fixture
def organization(settings):
    settings.OVICE_CALLBACK_URL = "https://ovice.example/callback"
    return make_organization()


def test_a_callback_that_nobody_sends_is_found(organization):
    callback(organization)
    assert found() == [Kind.CALLBACKS_WAIT]


def test_a_callback_behind_one_that_ovice_does_not_take_is_not(organization):
    callback(organization, due_at=now() + 60 * MINUTE, status=503, tries=3)
    callback(organization)
    assert found() == []


@pytest.mark.parametrize("fields", [{"delivered_at": now()}, {"given_up_at": now()}])
def test_a_callback_that_was_delivered_or_given_up_is_not(organization, fields):
    callback(organization, **fields)
    assert found() == []
