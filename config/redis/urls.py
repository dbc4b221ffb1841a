"""One Redis address, in the form each library wants it."""

from urllib.parse import parse_qs, urlsplit


def broker_url(redis_url: str) -> str:
    """Return ``redis_url`` as Celery's broker URL.

    redis-py says ``unix:///path?db=1`` where kombu says ``redis+socket:///path?virtual_host=1``;
    TCP addresses are the same for both.
    """
    parts = urlsplit(redis_url)
    if parts.scheme != "unix":
        return redis_url
    database = parse_qs(parts.query).get("db", ["0"])[0]
    return f"redis+socket://{parts.path}?virtual_host={database}"
