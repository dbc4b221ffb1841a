"""How long the portal's lists take beside millions of deliveries, for support and for an owner."""

import json
from typing import Any

from bench.rows import Row, middle, quantile
from bench.scene import Scene
from bench.settled import fill

DELIVERIES = 5_000_000
MOST_SECONDS = 0.3
MOST_STATEMENTS = 12
# Fewer openings of a page have no 95th percentile worth the name.
FEWEST_ROUNDS = 5


def lists(scene: Scene) -> list[Row]:
    """Open every list of the portal again and again, and search in it."""
    scene.clear()
    scene.stop_webs()
    full = Scene(scene.stage, quick=scene.quick, tenants=scene.tenants)
    full.database = scene.stage.create_database(copy_of=scene.database)
    deliveries = DELIVERIES // (25 if scene.quick else 1)
    fill(full.database, deliveries)
    rounds = max(FEWEST_ROUNDS, scene.rounds(20))
    said = scene.stage.manage(full.env(), "bench_lists", "--rounds", str(rounds))
    found: dict[str, Any] = json.loads(said.strip().splitlines()[-1])
    seconds = [time for page in found.values() for time in page["seconds"]]
    slowest = max(found, key=lambda page: quantile(found[page]["seconds"], 0.95))
    p95 = quantile(found[slowest]["seconds"], 0.95)
    busiest = max(found, key=lambda page: found[page]["statements"])
    return [
        Row(
            f"p95 of the portal's slowest list beside {deliveries:,} deliveries",
            "required",
            middle([p95]),
            MOST_SECONDS,
            at_most=True,
            unit=" s",
            note=f"{slowest}; p95 of all pages {quantile(seconds, 0.95) * 1000:.0f} ms",
            details=found,
        ),
        Row(
            "statements of the portal's busiest list",
            "required",
            float(found[busiest]["statements"]),
            MOST_STATEMENTS,
            at_most=True,
            unit="",
            note=busiest,
        ),
    ]
