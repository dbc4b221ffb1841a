import pytest
import time_machine
from django.core.cache import cache
from django.test import RequestFactory

from accounts.signin.rate_limits import LimitsAway, network_of, within_limit

pytestmark = pytest.mark.services


def test_a_limit_counts_each_key_apart():
    tries = [within_limit("test", "a", amount=2, seconds=60) for _ in range(3)]
    assert tries == [True, True, False]
    assert within_limit("test", "b", amount=2, seconds=60)
    assert within_limit("other", "a", amount=2, seconds=60)


def test_a_counter_that_never_ends_closes_nothing_for_ever(monkeypatch):
    add = cache.add
    monkeypatch.setattr(cache, "add", lambda name, value, **_: add(name, value, None))
    with time_machine.travel("2026-01-05T00:00:00Z", tick=False) as clock:
        tries = [within_limit("test", "c", amount=1, seconds=60) for _ in range(2)]
        clock.shift(59)
        tries.append(within_limit("test", "c", amount=1, seconds=60))
        clock.shift(1)
        tries.append(within_limit("test", "c", amount=1, seconds=60))
    assert tries == [True, False, False, True]


def test_a_door_that_cannot_be_counted_stays_closed(settings):
    settings.CACHES = {
        "default": {
            "BACKEND": "django.core.cache.backends.redis.RedisCache",
            "LOCATION": "redis://127.0.0.1:9/0",
        }
    }
    with pytest.raises(LimitsAway):
        within_limit("test", "a", amount=2, seconds=60)


@pytest.mark.parametrize(
    ("proxies", "forwarded", "remote", "expected"),
    [
        (0, "", "192.0.2.7", "192.0.2.7"),
        (0, "198.51.100.1", "192.0.2.7", "192.0.2.7"),
        (1, "198.51.100.1", "192.0.2.7", "198.51.100.1"),
        (1, "1.1.1.1, 198.51.100.1", "192.0.2.7", "198.51.100.1"),
        (2, "1.1.1.1, 198.51.100.1, 10.0.0.1", "192.0.2.7", "198.51.100.1"),
        (2, "198.51.100.1", "192.0.2.7", "192.0.2.7"),
        (1, "<script>", "192.0.2.7", "unknown"),
        (1, "", "192.0.2.7", "unknown"),
        (0, "", "2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        (0, "", "::ffff:192.0.2.7", "192.0.2.7"),
        (0, "", "", "unknown"),
    ],
)
def test_a_network_is_found_behind_the_known_proxies(
    settings, proxies, forwarded, remote, expected
):
    settings.TRUSTED_PROXIES = proxies
    request = RequestFactory().get("/", headers={"x-forwarded-for": forwarded}, REMOTE_ADDR=remote)
    assert network_of(request) == expected
