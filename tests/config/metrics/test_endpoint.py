"""Access to the metrics, and the counts of several processes in one answer."""

import os
import subprocess
import sys
from datetime import timedelta
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest
from django.test import Client
from django.utils.timezone import now
from prometheus_client import REGISTRY

from config.metrics.endpoint import exposition, serve_metrics
from messaging.models.incident_kinds import Kind
from messaging.models.monitoring import Finding, note

TOKEN = "metrics-token-0123456789"
BEARER = {"authorization": f"Bearer {TOKEN}"}


@pytest.fixture
def page(monkeypatch):
    """The page without what it asks of the database."""
    monkeypatch.setattr("config.metrics.collector.PARTS", {})
    return lambda **headers: Client().get("/metrics", headers=headers).status_code


@pytest.fixture
def with_token(settings):
    settings.METRICS_TOKEN = TOKEN
    settings.BASE_URL = "https://kotozute.example.com"


@pytest.mark.usefixtures("with_token")
def test_a_holder_of_the_token_may_read(page):
    assert page(**BEARER) == 200
    assert page(**BEARER, host="10.1.2.3") == 200


@pytest.mark.parametrize(
    "given", [{}, {"authorization": "Bearer "}, {"authorization": f"Bearer {TOKEN}x"}]
)
@pytest.mark.usefixtures("with_token")
def test_for_everybody_else_the_page_is_not_there(page, given):
    assert page(**given) == 404


def test_without_a_token_only_this_machine_may_read_and_only_for_a_try(page, settings):
    assert page() == 200
    assert Client(REMOTE_ADDR="192.0.2.7").get("/metrics").status_code == 404
    settings.BASE_URL = "https://kotozute.example.com"
    assert page() == 404


@pytest.mark.parametrize("name", ["x-forwarded-for", "forwarded"])
def test_a_caller_through_a_proxy_on_this_machine_is_nobody_of_it(page, name):
    assert page(**{name: "192.0.2.7"}) == 404


@pytest.mark.usefixtures("with_token")
def test_a_worker_serves_its_own_counts_by_the_same_rule():
    server = serve_metrics("127.0.0.1:0")
    url = f"http://127.0.0.1:{server.server_address[1]}/metrics"
    try:
        with urlopen(Request(url, headers=BEARER), timeout=5) as answer:
            assert b"kotozute_events_total" in answer.read()
        with pytest.raises(HTTPError, match="404"):
            urlopen(url, timeout=5)
    finally:
        server.shutdown()
        server.server_close()


def test_counts_of_several_processes_are_one_sum(tmp_path):
    env = {**os.environ, "PROMETHEUS_MULTIPROC_DIR": str(tmp_path / "counts")}
    count = "from core.metrics import *; SKIPPED.labels('stale').inc(); LOST_HINTS.inc(2)"
    shown = (
        "from prometheus_client import CollectorRegistry, generate_latest;"
        "from prometheus_client.multiprocess import MultiProcessCollector;"
        "import core.metrics;"
        "r = CollectorRegistry(); MultiProcessCollector(r); print(generate_latest(r).decode())"
    )
    for code in (count, count):
        subprocess.run([sys.executable, "-c", code], env=env, check=True)
    told = subprocess.run(
        [sys.executable, "-c", shown], env=env, check=True, capture_output=True, text=True
    ).stdout
    assert 'kotozute_skipped_messages_total{reason="stale"} 2.0' in told
    assert "kotozute_lost_hints_total 4.0" in told


@pytest.mark.django_db
def test_a_gauge_is_there_once_and_right_however_many_processes_count(tmp_path, monkeypatch):
    folder = tmp_path / "counts"
    monkeypatch.setenv("PROMETHEUS_MULTIPROC_DIR", str(folder))
    count = "from core.metrics import *; LOST_HINTS.inc()"
    for _ in range(2):
        subprocess.run([sys.executable, "-c", count], env=os.environ, check=True)
    at = now()
    for minutes in (2, 1):
        note([Finding(Kind.STUCK)], at - timedelta(minutes=minutes))
    lines = exposition(with_truth=True).decode().splitlines()
    assert "kotozute_lost_hints_total 2.0" in lines
    stuck = [line for line in lines if line.startswith('kotozute_incidents{kind="stuck"')]
    assert stuck == ['kotozute_incidents{kind="stuck"} 1.0']
    series = [line.rsplit(" ", 1)[0] for line in lines if not line.startswith("#")]
    assert sorted(set(series)) == sorted(series)


def test_no_process_keeps_a_gauge_of_its_own():
    kept = [family.name for family in REGISTRY.collect() if family.type == "gauge"]
    assert [name for name in kept if name.startswith("kotozute_")] == []


def test_a_platform_cannot_fill_our_memory_with_codes(monkeypatch):
    from core import metrics  # noqa: PLC0415 - its set is replaced

    monkeypatch.setattr(metrics, "_codes", set())
    codes = {metrics._bounded(str(number)) for number in range(1000)}
    assert len(codes) == metrics.MOST_CODES + 1
    assert "other" in codes
