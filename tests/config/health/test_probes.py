"""Probes for machines: alive, ready, and the fault where a process is not."""

import threading
import time

import psycopg
import pytest
from django.db import DatabaseError
from django.test import Client
from redis import Redis

from config.demo.valkey import start_valkey
from config.health import readiness
from config.health.readiness import LOOKS, OK, Readiness, verdict
from integrations.models import DataKey
from tests.factories import make_installation
from tests.plugins.databases import address_of

pytestmark = pytest.mark.services

OTHER_KEY = "b3RoZXItb25seS1lbmNyeXB0aW9uLWtleS0zMmJ5dGU="


@pytest.fixture
def looked(monkeypatch):
    """Return a function by which the probes look with these functions instead of some of ours."""

    def look_with(**looks):
        all_well = dict.fromkeys(LOOKS, lambda: None)
        monkeypatch.setattr("config.health.probes.readiness", Readiness({**all_well, **looks}))

    look_with()
    return look_with


def away() -> None:
    raise DatabaseError("password=canary host=10.0.0.1")


def test_all_well_is_ready_with_one_line_for_each_dependency(looked):
    answer = Client().get("/readyz")
    assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "no-store")
    assert answer.json() == {"status": "ready", **dict.fromkeys(LOOKS, OK)}
    assert len(answer.content.splitlines()) == 1 + len(LOOKS)


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
    settings.REDIS_URL = f"unix://{tmp_path}/own/valkey.sock"
    try:
        with Redis.from_url(settings.REDIS_URL) as broker:
            look = {"broker": LOOKS["broker"]}
            assert Readiness(look).ask() == {"broker": OK}
            broker.execute_command("REPLICAOF", "127.0.0.1", "9")
            assert "follows another server" in Readiness(look).ask()["broker"]
    finally:
        server.kill()
        server.wait()


def test_a_hung_service_is_not_waited_for_and_not_asked_twice(monkeypatch):
    monkeypatch.setattr("config.health.readiness.SECONDS", 0.05)
    monkeypatch.setattr("config.health.readiness.KEPT_SECONDS", 0.0)
    free, asked = threading.Event(), []

    def hangs() -> None:
        asked.append(1)
        free.wait(5)

    mine = Readiness({"database": hangs, "keys": lambda: None})
    began = time.monotonic()
    found = [mine.ask(), mine.ask()]
    took = time.monotonic() - began
    free.set()
    assert [part["database"] for part in found] == [readiness.NO_ANSWER] * 2
    assert found[0]["keys"] == OK
    assert (len(asked), took < 2) == (1, True)


def test_asking_often_looks_once():
    asked = []
    mine = Readiness({"database": lambda: asked.append(1)})
    for _ in range(10):
        mine.ask()
    assert asked == [1]


@pytest.mark.django_db(transaction=True)
def test_the_real_thing_is_ready_but_for_its_broker(settings, monkeypatch):
    settings.REDIS_URL = "redis://127.0.0.1:9"
    monkeypatch.setattr("config.health.readiness._migrated", threading.Event())
    make_installation()
    found = Readiness().ask()
    assert found.pop("broker") == "cannot be reached"
    assert found == dict.fromkeys(("database", "migrations", "keys", "clock"), OK)
    assert verdict({**found, "broker": "cannot be reached"}) == "degraded"


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_a_database_that_lets_wait_is_not_waited_for(settings, monkeypatch):
    settings.REDIS_URL = "redis://127.0.0.1:9"
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
    monkeypatch.setattr("config.health.readiness._migrated", threading.Event())
    monkeypatch.setattr(
        "config.health.readiness.MigrationExecutor.migration_plan", lambda *_: ["something"]
    )
    assert Readiness().ask()["migrations"] == "some are not applied: run `manage.py migrate`"


def test_a_clock_that_is_off_is_noticed(monkeypatch):
    monkeypatch.setattr("config.health.readiness.skew", lambda: -6.0)
    assert "off the database" in Readiness({"clock": LOOKS["clock"]}).ask()["clock"]


@pytest.mark.django_db(transaction=True)
def test_our_clock_is_compared_with_the_databases():
    assert abs(readiness.skew()) < readiness.LARGEST_SKEW_SECONDS


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_probes_are_answered_under_any_name_and_without_tls(looked, settings, path):
    settings.ALLOWED_HOSTS, settings.SECURE_SSL_REDIRECT = ["kotozute.example.com"], True
    assert Client().get(path, headers={"host": "10.1.2.3"}).status_code == 200
    assert Client().post(path).status_code == 405


@pytest.mark.parametrize("path", ["/readyz/nothing", "/healthz/x", "/metrics/x", "/readyz/a/b"])
def test_an_unknown_probe_is_not_found(looked, path):
    assert Client().get(path).status_code == 404
