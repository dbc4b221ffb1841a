import pytest

from config.redis.urls import broker_url


@pytest.mark.parametrize(
    ("redis_url", "expected"),
    [
        ("redis://127.0.0.1:6379/0", "redis://127.0.0.1:6379/0"),
        ("rediss://user:word@redis.example.com/1", "rediss://user:word@redis.example.com/1"),
        ("unix:///run/valkey.sock", "redis+socket:///run/valkey.sock?virtual_host=0"),
        ("unix:///run/valkey.sock?db=3", "redis+socket:///run/valkey.sock?virtual_host=3"),
    ],
)
def test_celery_gets_the_address_in_its_own_form(redis_url, expected):
    assert broker_url(redis_url) == expected
