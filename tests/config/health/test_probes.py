"""Probes for machines: alive, ready, and the fault where a process is not."""

import threading
import time
from collections.abc import Callable, Iterator
from urllib.parse import quote

import psycopg
import pytest
from django.db import DatabaseError
from django.test import Client
from redis import Redis

from config.demo.valkey import start_valkey
from config.health import readiness
from config.health.answers import Answer
from config.health.dependencies import LARGEST_SKEW_SECONDS, skew
from config.health.questions import PROBES, Question, examine
from config.health.readiness import OK, Readiness, verdict
from integrations.models import DataKey
from tests.factories import make_installation
from tests.plugins.databases import address_of

pytestmark = pytest.mark.services

NAMES = ("database", "migrations", "keys", "clock", "broker")
OTHER_KEY = "b3RoZXItb25seS1lbmNyeXB0aW9uLWtleS0zMmJ5dGU="


def asking(**asks: Callable[[], Iterator[Answer]]) -> Readiness:
    """Return a readiness that asks these questions."""
    return Readiness(Question(name, ask, probe=name) for name, ask in asks.items())


def of(name: str) -> Readiness:
    """Return a readiness that asks one of our questions alone."""
    return Readiness(question for question in PROBES if question.probe == name)


def nothing() -> Iterator[Answer]:
    return iter(())


@pytest.fixture
def looked(monkeypatch):
    """Return a function by which the probes look with these functions instead of some of ours."""

    def look_with(**looks):
        asks = {question.probe: looks.get(question.probe, nothing) for question in PROBES}
        monkeypatch.setattr("config.health.probes.readiness", asking(**asks))

    look_with()
    return look_with


def redis_at(address: str) -> dict[str, dict[str, str]]:
    """Return the product's own cache, at another server."""
    return {"default": {"BACKEND": "config.redis.json_cache.JsonRedisCache", "LOCATION": address}}


def away() -> Iterator[Answer]:
    raise DatabaseError("password=canary host=10.0.0.1")


def test_all_well_is_ready_with_one_line_for_each_dependency(looked):
    answer = Client().get("/readyz")
    assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "no-store")
    assert answer.json() == {"status": "ready", **dict.fromkeys(NAMES, OK)}
    assert len(answer.content.splitlines()) == 1 + len(NAMES)


@pytest.mark.parametrize("name", ["database", "migrations", "keys", "clock"])
def test_a_service_that_accepting_needs_makes_it_not_ready_and_is_named_without_a_secret(
    looked, name
):
    looked(**{name: away})
    answer = Client().get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["status"] == "not ready"
    assert [part for part, state in answer.json().items() if state == "cannot be asked"] == [name]
    assert Client().get(f"/readyz/{name}").status_code == 503
    assert b"canary" not in answer.content


def test_without_its_broker_it_goes_on_accepting_and_says_so(looked):
    looked(broker=away)
    answer = Client().get("/readyz")
    assert (answer.status_code, answer.json()["status"]) == (200, "degraded")
    assert Client().get("/readyz/broker").status_code == 503
    assert Client().get("/readyz/database").status_code == 200


def test_a_broker_that_only_answers_is_not_fit(settings, tmp_path):
    server = start_valkey(tmp_path / "own" / "valkey.sock")
    address = f"unix://{quote(str(tmp_path))}/own/valkey.sock"
    settings.CACHES = redis_at(address)
    try:
        with Redis.from_url(address) as broker:
            assert of("broker").ask() == {"broker": OK}
            broker.execute_command("REPLICAOF", "127.0.0.1", "9")
            assert "follows another server" in of("broker").ask()["broker"]
            (answer,) = examine("Redis")
            assert answer.remedy.startswith("See that the server of REDIS_URL runs")
    finally:
        server.kill()
        server.wait()


def test_a_hung_service_is_not_waited_for_and_not_asked_twice(monkeypatch):
    monkeypatch.setattr("config.health.readiness.SECONDS", 0.05)
    monkeypatch.setattr("config.health.readiness.KEPT_SECONDS", 0.0)
    free, asked = threading.Event(), []

    def hangs() -> Iterator[Answer]:
        asked.append(1)
        free.wait(5)
        return nothing()

    mine = asking(database=hangs, keys=nothing)
    began = time.monotonic()
    found = [mine.ask(), mine.ask()]
    took = time.monotonic() - began
    free.set()
    assert [part["database"] for part in found] == [readiness.NO_ANSWER] * 2
    assert found[0]["keys"] == OK
    assert (len(asked), took < 2) == (1, True)


def test_asking_often_looks_once():
    asked = []

    def ask() -> Iterator[Answer]:
        asked.append(1)
        return nothing()

    mine = asking(database=ask)
    for _ in range(10):
        mine.ask()
    assert asked == [1]


@pytest.mark.django_db(transaction=True)
def test_the_real_thing_is_ready_but_for_its_broker(settings):
    settings.CACHES = redis_at("redis://127.0.0.1:9")
    make_installation()
    found = Readiness().ask()
    assert found.pop("broker") == "cannot be reached"
    assert found == dict.fromkeys(("database", "migrations", "keys", "clock"), OK)
    assert verdict({**found, "broker": "cannot be reached"}) == "degraded"


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_a_database_that_lets_wait_is_not_waited_for(settings, monkeypatch):
    settings.CACHES = redis_at("redis://127.0.0.1:9")
    monkeypatch.setattr("config.health.readiness.SECONDS", 0.5)
    monkeypatch.setattr("config.health.readiness.KEPT_SECONDS", 0.0)
    mine = Readiness()
    with psycopg.connect(address_of()) as somebody:
        somebody.execute("LOCK TABLE integrations_datakey IN ACCESS EXCLUSIVE MODE")
        began = time.monotonic()
        found = [mine.ask() for _ in range(3)]
        took = time.monotonic() - began
    assert {part["keys"] for part in found} == {readiness.NO_ANSWER}
    assert {part["database"] for part in found} == {OK}
    assert verdict(found[0]) == "not ready"
    assert took < 3 * 0.5 + 0.5
    # The hung check ends by itself, and then all is asked anew.
    while (state := mine.ask()["keys"]) == readiness.NO_ANSWER:
        assert time.monotonic() - began < 10
    assert state == OK


@pytest.mark.django_db(transaction=True)
def test_a_master_key_that_is_missing_is_noticed(settings):
    make_installation()
    assert DataKey.objects.exists()
    settings.ENCRYPTION_KEYS = [OTHER_KEY]
    assert Readiness().ask()["keys"].startswith("what is stored cannot be opened")
    for keys in ([], ["c2hvcnQ="]):
        settings.ENCRYPTION_KEYS = keys
        assert "ENCRYPTION_KEYS" in Readiness().ask()["keys"]


@pytest.mark.django_db(transaction=True)
def test_a_migration_that_is_not_applied_is_noticed(monkeypatch):
    monkeypatch.setattr("config.health.readiness.KEPT_SECONDS", 0.0)
    plan = [[("messaging.0099_later", False)]]
    monkeypatch.setattr(
        "config.health.dependencies.MigrationExecutor.migration_plan", lambda *_: plan.pop()
    )
    mine = of("migrations")
    assert mine.ask()["migrations"] == "some are not applied: run `manage.py migrate`"
    plan.append([])
    # Once they are applied it is not asked again: there is no further plan.
    assert [mine.ask()["migrations"] for _ in range(3)] == [OK] * 3


def test_a_clock_that_is_off_is_noticed(monkeypatch):
    monkeypatch.setattr("config.health.dependencies.skew", lambda: -6.0)
    assert "off the database" in of("clock").ask()["clock"]


@pytest.mark.django_db(transaction=True)
def test_our_clock_is_compared_with_the_databases():
    assert abs(skew()) < LARGEST_SKEW_SECONDS


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_probes_are_answered_under_any_name_and_without_tls(looked, settings, path):
    settings.ALLOWED_HOSTS, settings.SECURE_SSL_REDIRECT = ["kotozute.example.com"], True
    assert Client().get(path, headers={"host": "10.1.2.3"}).status_code == 200
    assert Client().post(path).status_code == 405


@pytest.mark.parametrize("path", ["/readyz/nothing", "/healthz/x", "/metrics/x", "/readyz/a/b"])
def test_an_unknown_probe_is_not_found(looked, path):
    assert Client().get(path).status_code == 404
