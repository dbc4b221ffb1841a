"""How fast a webhook of the chat target is answered, which is when all of it is stored."""

import hashlib
import hmac
import itertools
import json
import time
from statistics import median

from bench.load import send
from bench.rows import Row, quantile
from bench.scene import Scene
from bench.tenants import APP_SECRET, Tenant

SINGLE, FULL = 1, 1000
POSTS = {SINGLE: 1000, FULL: 100}
PER_SECOND = {SINGLE: 50.0, FULL: 2.0}
WARM_UP = 20
_numbers = itertools.count(1)


def webhooks(scene: Scene) -> list[Row]:
    """Pace posts of one update each, then of a thousand each."""
    rows = []
    for size in (SINGLE, FULL):
        delays = _delays(scene, size, scene.size(POSTS[size]))
        p99 = quantile(delays, 0.99) * 1000
        rows.append(
            Row(
                f"answer a webhook of {size:,} updates, p99",
                "stored before the answer, one web process beside",
                p99,
                100,
                at_most=True,
                unit="ms",
                note=f"p50 {median(delays) * 1000:.1f} ms at {PER_SECOND[size]:.0f} posts/s",
                details={"delays": delays},
            )
        )
    return rows


def _delays(scene: Scene, size: int, count: int) -> list[float]:
    tenants = itertools.islice(itertools.cycle(scene.tenants), WARM_UP + count)
    requests = [_post(tenant, size) for tenant in tenants]
    send(scene.web(), requests[:WARM_UP]).require(200)
    # A connection that waits for longer than two seconds is ended by the server.
    rate = PER_SECOND[size]
    done = send(scene.web(), requests[WARM_UP:], per_second=rate, connections=min(16, int(rate)))
    done.require(200)
    return [after - left for left, after in zip(done.left_at, done.answered_at, strict=True)]


def _post(tenant: Tenant, size: int) -> bytes:
    """Return a whole signed HTTP request with so many updates of different people."""
    entry = {"id": tenant.bot, "time": 1, "messaging": [_item(tenant) for _ in range(size)]}
    body = json.dumps({"object": "page", "entry": [entry]}).encode()
    signature = hmac.new(APP_SECRET.encode(), body, hashlib.sha256).hexdigest()
    head = (
        f"POST /workplace/webhook/{tenant.installation} HTTP/1.1\r\nHost: 127.0.0.1\r\n"
        f"Content-Type: application/json\r\nX-Hub-Signature-256: sha256={signature}\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def _item(tenant: Tenant) -> dict[str, object]:
    number = next(_numbers)
    return {
        "sender": {"id": str(number)},
        "recipient": {"id": tenant.bot},
        "timestamp": int(time.time() * 1000),
        "message": {"mid": f"mid.{number}", "text": "Is anybody there?"},
    }
