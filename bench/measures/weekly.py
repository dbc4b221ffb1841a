"""What it costs to keep deliveries and attempts in one table per week, and to begin with it."""

import time

import psycopg

from bench.measures.together import cost_of
from bench.rows import Row, middle
from bench.scene import Scene
from bench.settled import fill

ROWS = 1_000_000
ROUNDS = 3
_SIZE = """
select sum(pg_total_relation_size(name::regclass)) from unnest(array['messaging_receivedevent',
    'messaging_message', 'messaging_delivery', 'messaging_attempt']) name
"""


def weekly(scene: Scene) -> list[Row]:
    """Compare the cost of a DM on weekly tables with that on the plain ones; both hold old rows."""
    scene.stage.start_responder()
    scene.stop_webs()
    scene.clear()
    rows = ROWS // (10 if scene.quick else 1)
    plain, weeks = (Scene(scene.stage, quick=scene.quick, tenants=scene.tenants) for _ in "12")
    plain.database = scene.stage.create_database(copy_of=scene.database)
    fill(plain.database, rows)
    per_dm = size_of(plain.database) / rows
    weeks.database = scene.stage.create_database(copy_of=plain.database)
    started = time.monotonic()
    scene.stage.manage(weeks.env(), "partition_deliveries")
    seconds = time.monotonic() - started
    plain_cost, weekly_cost = [], []
    for _ in range(scene.rounds(ROUNDS)):
        plain_cost.append(cost_of(plain))
        weekly_cost.append(cost_of(weeks))
    ratios = [mine["cpu"] / bare["cpu"] for mine, bare in zip(weekly_cost, plain_cost, strict=True)]
    return [
        Row(
            "cost per DM on weekly tables",
            "on plain tables",
            middle(ratios),
            1.25,
            at_most=True,
            note=f"{middle([c['cpu'] for c in weekly_cost]) * 1000:.2f} against "
            f"{middle([c['cpu'] for c in plain_cost]) * 1000:.2f} ms CPU; {rows:,} rows were "
            f"partitioned in {seconds:.0f} s; a settled DM takes {per_dm:.0f} bytes",
            details={"weekly": weekly_cost, "plain": plain_cost},
        )
    ]


def size_of(database: str) -> float:
    """Return how many bytes the relay's tables take, with their indexes."""
    with psycopg.connect(database, autocommit=True) as connection:
        found = connection.execute(_SIZE).fetchone()
    return float(found[0]) if found else 0.0
