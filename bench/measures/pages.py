"""How long people wait for a page of ours."""

import json
import time

import requests

from bench.rows import Row, quantile
from bench.scene import Scene

REQUESTS, DMS = 100, 10_000
MOST_SECONDS = 0.1


def pages(scene: Scene) -> list[Row]:
    """Open each page again and again, beside ten thousand waiting DMs; the slowest counts."""
    # A web process reads at its start which style sheets there are.
    scene.stop_webs()
    scene.clear()
    scene.backlog(scene.size(DMS))
    sessions = json.loads(scene.stage.manage(scene.env(), "bench_pages").splitlines()[-1])
    url = scene.web()
    slowest = {path: _p95(scene, url + path, session) for path, session in sessions.items()}
    scene.clear()
    path, seconds = max(slowest.items(), key=lambda page: page[1])
    return [
        Row(
            f"p95 of the slowest of {len(slowest)} pages",
            "the time a person calls at once",
            seconds * 1000,
            MOST_SECONDS * 1000,
            at_most=True,
            unit="ms",
            note=path,
            details={page: round(took * 1000, 1) for page, took in slowest.items()},
        )
    ]


def _p95(scene: Scene, address: str, session: str) -> float:
    """Return the 95th percentile in seconds, after one request that warms up."""
    browser = requests.Session()
    browser.trust_env = False
    if session:
        browser.cookies.set("session", session)
    took = []
    for _ in range(1 + (REQUESTS // 5 if scene.quick else REQUESTS)):
        started = time.perf_counter()
        answer = browser.get(address, allow_redirects=False, timeout=30)
        took.append(time.perf_counter() - started)
        if answer.status_code != requests.codes.ok:
            raise RuntimeError(f"{address} answered {answer.status_code}.")
    return quantile(took[1:], 0.95)
