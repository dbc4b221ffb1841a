"""Values in Redis are never trusted: one that is not ours is as good as none."""

import json
import os
import pickle
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import quote

import pytest
from allauth.core.internal import ratelimit
from django.core.cache import caches
from django.http import HttpRequest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from redis import Redis

from accounts.signin.rate_limits import within_limit
from config.demo.valkey import start_valkey
from config.redis.json_cache import JsonRedisCache
from core.liveness import Pulse
from integrations.removal.retention import _begin_turn
from messaging.api.auth import _seconds_to_wait
from messaging.monitoring.components import broker_answers
from messaging.support.traffic import count_traffic, traffic

pytestmark = [pytest.mark.services, pytest.mark.django_db]


class Trap:
    """Runs code of its own where it is unpickled."""

    def __reduce__(self):
        return os.mkdir, (os.environ["TRAP"],)


@pytest.fixture(scope="module")
def broker(tmp_path_factory) -> Iterator[Redis]:
    """A Valkey of our own."""
    socket = tmp_path_factory.mktemp("cache") / "own" / "valkey.sock"
    server = start_valkey(socket)
    with Redis(unix_socket_path=str(socket)) as client:
        yield client
    server.kill()
    server.wait()


@pytest.fixture
def cache(broker, monkeypatch) -> JsonRedisCache:
    """The product's own cache, in the place of the one in memory that other tests use."""
    broker.flushall()
    path = broker.connection_pool.connection_kwargs["path"]
    mine = JsonRedisCache(f"unix://{quote(path)}", {"KEY_PREFIX": "kotozute"})
    monkeypatch.setattr(type(caches), "__getitem__", lambda *_: mine)
    return mine


READERS = {
    "the limits of strangers": lambda: within_limit("page:x", "1.2.3.4", amount=5, seconds=60),
    "the limit of the connector": lambda: _seconds_to_wait("k" * 64),
    "the pulse": lambda: Pulse("beat-seen-at").seen_at(),
    "a turn of the retention": lambda: _begin_turn(1),
    "the audit": broker_answers,
    "the portal's figures": lambda: traffic(None),
    "the limits of the sign-in": lambda: ratelimit.consume(
        request(), app="allauth.account", action="login_failed", config={"login_failed": "5/m/ip"}
    ),
}


def request() -> HttpRequest:
    made = HttpRequest()
    made.method, made.META["REMOTE_ADDR"] = "POST", "1.2.3.4"
    return made


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
hostile = st.one_of(
    st.binary(max_size=60),
    json_values.map(repr).map(str.encode),
    json_values.map(json.dumps).map(str.encode),
    json_values.map(pickle.dumps),
    st.sampled_from(
        [b"", b"[" * 20_000, b"1" * 5000, b"NaN", b"1e999", b"\x80\x05", b'{"queue": [1', b"-0"]
    ),
)


@pytest.mark.parametrize("name", READERS)
@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(junk=hostile)
def test_no_reader_of_the_cache_is_stopped_by_what_is_in_it(broker, cache, name, junk):
    broker.flushall()
    read = READERS[name]
    read()
    keys = broker.keys("*")
    for key in keys:
        broker.set(key, junk)
    read()
    for key in keys:
        broker.delete(key)
        broker.rpush(key, junk)
    read()


@pytest.mark.parametrize("name", READERS)
def test_nothing_that_is_read_runs_code(broker, cache, name, tmp_path: Path, monkeypatch):
    monkeypatch.setenv("TRAP", str(tmp_path / "sprung"))
    read = READERS[name]
    read()
    for key in broker.keys("*"):
        broker.set(key, pickle.dumps(Trap()))
    read()
    assert not (tmp_path / "sprung").exists()


def test_a_counter_that_is_none_begins_again(broker, cache):
    key = cache.make_key("counter")
    for junk in (b"many", pickle.dumps(7), str(2**63 - 1).encode()):
        broker.set(key, junk)
        cache.add("counter", 0, 60)
        try:
            counted = cache.incr("counter")
        except ValueError:
            cache.add("counter", 0, 60)
            counted = cache.incr("counter")
        assert counted == 1
        broker.delete(key)


def test_a_limit_of_the_sign_in_lets_no_more_through_when_many_try_at_once(cache):
    amount, rate = 120, {"login_failed": "120/m/ip"}

    def attempt(_: int) -> bool:
        used = ratelimit.consume(
            request(), app="allauth.account", action="login_failed", config=rate
        )
        return used is not None

    with ThreadPoolExecutor(16) as attackers:
        allowed = sum(attackers.map(attempt, range(3 * amount)))
    assert 0 < allowed <= amount


def test_the_figures_are_the_same_out_of_the_cache(broker, cache):
    first = traffic(None)
    assert broker.keys("*traffic*")
    assert traffic(None) == first
    assert count_traffic(None, first.hours[-1].at).queue == first.queue


def test_without_its_cache_the_portal_still_has_its_figures(cache, monkeypatch):
    away = JsonRedisCache("redis://127.0.0.1:9", {})
    monkeypatch.setattr(type(caches), "__getitem__", lambda *_: away)
    assert traffic(None).queue.depth == 0
