"""How soon an uninstall is answered while DMs come in."""

import base64
import hashlib
import hmac
import json
import threading
import time

import psycopg

from bench.load import make_dms, send, single
from bench.rows import Row, quantile
from bench.scene import Scene

APP_SECRET = "bench-app-secret"  # noqa: S105 - of nothing but this benchmark
NOTICES, PER_SECOND = 400, 20
DMS_PER_SECOND = 50
BAR_SECONDS = 0.05
WARM_UP, NOBODYS_COMMUNITY = 100, 999
# Every connection becomes one of the third-party app, in a community of its own.
_OF_APP = """
update integrations_installation set kind = 'third_party',
    community_id = (1000 + (select count(*) from integrations_installation other
        where other.id < integrations_installation.id))::text
"""


def uninstalls(scene: Scene) -> list[Row]:
    """Let every tenant uninstall, and the platform repeat itself, beside the load of DMs."""
    scene.clear()
    scene.stop_webs()
    own = Scene(scene.stage, quick=scene.quick, tenants=scene.tenants)
    own.database = scene.stage.create_database(copy_of=scene.database)
    with psycopg.connect(own.database, autocommit=True) as connection:
        connection.execute(_OF_APP)
    names = ("WORKPLACE_APP_ID", "WORKPLACE_APP_SECRET", "WORKPLACE_WEBHOOK_VERIFY_TOKEN")
    app = dict.fromkeys(names, APP_SECRET)
    url = scene.stage.start_web("uninstalls", own.env(**app))
    count = own.size(NOTICES)
    dms = make_dms(own.tenants, DMS_PER_SECOND * count // PER_SECOND)
    load = [single(dm, secret=own.secret) for dm in dms]
    try:
        _warm_up(own, url)
        loading = threading.Thread(
            target=send, args=(url, load), kwargs={"per_second": DMS_PER_SECOND}
        )
        loading.start()
        notices = [_notice(1000 + number % len(own.tenants)) for number in range(count)]
        done = send(url, notices, per_second=PER_SECOND)
        loading.join()
    finally:
        scene.stage.stop("uninstalls")
    done.require(200)
    waits = [then - left for then, left in zip(done.answered_at, done.left_at, strict=True)]
    return [
        Row(
            f"an uninstall's answer, p99, beside {DMS_PER_SECOND} DMs/s",
            "required",
            quantile(waits, 0.99) * 1000,
            BAR_SECONDS * 1000,
            at_most=True,
            unit=" ms",
            note=f"median {quantile(waits, 0.5) * 1000:.1f} ms",
            details={"waits": waits},
        )
    ]


def _warm_up(scene: Scene, url: str) -> None:
    """Let every thread of a new web process have its connection, and have asked its questions."""
    dms = make_dms(scene.tenants, WARM_UP)
    send(url, [single(dm, secret=scene.secret) for dm in dms]).require(202)
    send(url, [_notice(NOBODYS_COMMUNITY)] * WARM_UP).require(200)


def _notice(community: int) -> bytes:
    """Return the request with which Workplace tells that a community removed the app."""
    told = {"algorithm": "HMAC-SHA256", "issued_at": int(time.time()), "community_id": community}
    payload = base64.urlsafe_b64encode(json.dumps(told).encode()).decode().rstrip("=")
    digest = hmac.new(APP_SECRET.encode(), payload.encode(), hashlib.sha256).hexdigest()
    proof = base64.urlsafe_b64encode(digest.encode()).decode().rstrip("=")
    body = f"signed_request={proof}.{payload}"
    return (
        "POST /workplace/deauthorize HTTP/1.1\r\nHost: 127.0.0.1\r\n"
        "Content-Type: application/x-www-form-urlencoded\r\n"
        f"Content-Length: {len(body)}\r\n\r\n{body}"
    ).encode()
