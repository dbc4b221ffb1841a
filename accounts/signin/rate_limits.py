"""Limits on how often something may be tried, by address and by network; counted in the cache.

Keys are hashed: the cache holds no address of any kind.
"""

import time
from ipaddress import IPv6Address, ip_address, ip_network

from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest
from redis.exceptions import RedisError

from integrations.encryption.master_keys import keyed_hashes

# Prefix that one customer of a network usually gets; a single host may use all of it.
IPV6_PREFIX = 64


class LimitsAway(Exception):
    """The counters cannot be reached; what they guard stays closed meanwhile."""


def within_limit(what: str, key: str, *, amount: int, seconds: int) -> bool:
    """Count one more try of ``what`` by ``key``; False when it is over ``amount`` in ``seconds``.

    Time is cut into pieces of ``seconds``, and each has a counter of its own: one that the cache
    forgot to end closes nothing for ever. Raises ``LimitsAway``.
    """
    window = int(time.time()) // seconds
    name = f"limit:{what}:{keyed_hashes(key.encode(), place=('limit', what))[0]}:{window}"
    try:
        cache.add(name, 0, timeout=seconds)
        return int(cache.incr(name)) <= amount
    except ValueError:
        # It went between the two calls, with the end of its time.
        return True
    except (RedisError, OSError) as error:
        raise LimitsAway from error


def network_of(request: HttpRequest) -> str:
    """Return where a request comes from: an IPv4 address, or an IPv6 network.

    Only as many proxies are believed as ``TRUSTED_PROXIES`` says there are.
    """
    hops = request.headers.get("X-Forwarded-For", "").split(",")
    behind = settings.TRUSTED_PROXIES
    address = request.META.get("REMOTE_ADDR", "")
    if behind and len(hops) >= behind:
        address = hops[-behind].strip()
    try:
        found = ip_address(address)
    except ValueError:
        return "unknown"
    if isinstance(found, IPv6Address):
        if found.ipv4_mapped:
            return str(found.ipv4_mapped)
        return str(ip_network((found, IPV6_PREFIX), strict=False))
    return str(found)
