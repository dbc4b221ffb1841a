"""How fast a large organization is purged, and whether the others notice."""

import json
import threading
from typing import Any

from bench.arrivals import Arrivals
from bench.load import make_dms, send, single
from bench.rows import Row, middle, quantile
from bench.scene import Scene
from bench.settled import fill

DELIVERIES = 1_000_000
ROWS_PER_SECOND = 10_000
RATE = 20
SECONDS = 30
PATIENCE = 120


def purging(scene: Scene) -> list[Row]:
    """Purge one organization while the others' DMs go out."""
    scene.stage.start_responder(0.02)
    scene.clear()
    scene.stop_webs()
    full = Scene(scene.stage, quick=scene.quick, tenants=scene.tenants)
    full.database = scene.stage.create_database(copy_of=scene.database)
    deliveries = DELIVERIES // (25 if scene.quick else 1)
    fill(full.database, deliveries, scene.tenants[0].organization)
    try:
        with full.worker():
            _delays(full, 2 * RATE)
            alone = quantile(_delays(full, RATE * SECONDS), 0.99)
            purged: dict[str, Any] = {}
            purge = threading.Thread(target=_purge, args=(full, purged))
            purge.start()
            beside: list[float] = []
            while purge.is_alive():
                beside += _delays(full, RATE * 3)
            purge.join()
    finally:
        full.stop_webs()
    return _rows(deliveries, purged, alone, quantile(beside, 0.99))


def _purge(scene: Scene, found: dict[str, Any]) -> None:
    said = scene.stage.manage(scene.env(), "bench_purge", scene.tenants[0].organization)
    found.update(json.loads(said.strip().splitlines()[-1]))


def _delays(scene: Scene, count: int) -> list[float]:
    """Pace DMs over the other tenants and return how long each took to arrive."""
    dms = make_dms(scene.tenants[1:], count)
    requests = [single(dm, secret=scene.secret) for dm in dms]
    done = send(scene.web(), requests, per_second=RATE)
    done.require(202)
    came: dict[int, float] = {}
    for _ in range(PATIENCE):
        came |= Arrivals.take(scene.stage.responder_url).first_at()
        if {dm.number for dm in dms} <= came.keys():
            return [came[dm.number] - left for dm, left in zip(dms, done.left_at, strict=True)]
        threading.Event().wait(0.5)
    raise RuntimeError("DMs of the other tenants did not arrive.")


def _rows(deliveries: int, purged: dict[str, Any], alone: float, beside: float) -> list[Row]:
    speed = purged["rows"] / purged["seconds"]
    return [
        Row(
            f"purge of an organization with {deliveries:,} deliveries",
            "required",
            middle([speed]),
            ROWS_PER_SECOND,
            unit=" rows/s",
            note=f"{purged['rows']:,} rows in {purged['seconds']:.0f} s, "
            f"memory grew by {purged['grown_kib'] / 1024:.0f} MiB",
            details=purged,
        ),
        Row(
            "other tenants' p99 during the purge",
            "their p99 before it",
            middle([beside / alone]),
            1.5,
            at_most=True,
            note=f"{beside * 1000:.0f} against {alone * 1000:.0f} ms",
            details={"alone": alone, "beside": beside},
        ),
    ]
