"""Accepting and relaying at the same time: speed, statements, and the cost beside old rows."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import psycopg

from bench.arrivals import Arrivals
from bench.load import EVENTS, batch, make_dms, send, single
from bench.measures.accept import BATCH_SIZE
from bench.measures.latency import paced
from bench.measures.relaying import bare_loop
from bench.rows import Row, middle
from bench.scene import Scene
from bench.settled import fill

DMS = 3000
ROUNDS = 3
IDLE_DMS, IDLE_RATE = 200, 20
SETTLED_ROWS = 5_000_000
# Said by drivers and pools, and the same whatever a program does; and PostgreSQL's own look-ups of
# foreign keys, which nobody sends and which it notes since they happen at the commit: with their
# number if it has made the plan before, with a place for it if not.
_OVERHEAD = (
    r"^\s*((begin|commit|rollback|savepoint|release|set|show)\M|select \$1$"
    r"|select (1|\$\d+) from only .* for key share of x$)"
)
_STATEMENTS = """
select coalesce(sum(calls), 0), coalesce(sum(calls) filter (where query ~* %s), 0)
from pg_stat_statements
where dbid = (select oid from pg_database where datname = current_database())
"""


def end_to_end(scene: Scene) -> list[Row]:
    """Let two workers carry what comes in meanwhile, singly and in batches, against the loop."""
    scene.stage.start_responder()
    scene.clear()
    count = scene.size(DMS)
    found: dict[int, list[dict[str, Any]]] = {1: [], BATCH_SIZE: []}
    loops = []
    with scene.worker(), scene.worker(name="second"):
        carry(scene, scene.web(), max(count // 10, 50))
        for _ in range(scene.rounds(ROUNDS)):
            for size, ours in found.items():
                ours.append(carry(scene, scene.web(), count, at_once=size))
            loops.append(bare_loop(scene, count))
    return [_end_to_end_row(size, ours, loops) for size, ours in found.items()]


def _end_to_end_row(size: int, ours: list[dict[str, Any]], loops: list[dict[str, Any]]) -> Row:
    ratios = [
        mine["per_second"] / bare["per_second"] for mine, bare in zip(ours, loops, strict=True)
    ]
    how = "one event per request" if size == 1 else f"batches of {size}"
    return Row(
        f"DMs/s end to end, durable and ordered, 2 workers, {how}",
        "bare threaded requests loop",
        middle(ratios),
        0.4,
        note=f"{middle([r['per_second'] for r in ours]):.0f} against "
        f"{middle([r['per_second'] for r in loops]):.0f} DMs/s; "
        f"out of order: {sum(r['late'] for r in ours)}, twice: {sum(r['twice'] for r in ours)}",
        details={"ours": ours, "loop": loops},
    )


def statements(scene: Scene) -> list[Row]:
    """Count what PostgreSQL was asked for each DM: with a backlog in hand, and one now and then.

    Between the two, when each DM finds its lane empty though all are busy, the count is an idle
    system's; it is told in the note.
    """
    scene.stage.start_responder()
    scene.clear()
    count = scene.size(DMS)
    busy = _asked(scene, lambda: _carry_backlog(scene, count), count)
    with scene.worker(), scene.worker(name="second"):
        carry(scene, scene.web(), max(count // 10, 50))
        flowing = _asked(scene, lambda: carry(scene, scene.web(), count), count)
        idle = _asked(
            scene, lambda: paced(scene, scene.web(), EVENTS, IDLE_RATE, IDLE_DMS), IDLE_DMS
        )
    return [
        Row(
            f"SQL statements per DM, {name}",
            "–",
            found.work,
            bar,
            at_most=True,
            unit="",
            note=f"and {found.overhead:.1f} BEGIN, COMMIT, foreign-key look-ups and the like; "
            f"{flowing.work:.1f} while as many come in as go out",
        )
        for name, found, bar in (("busy", busy, 6), ("idle", idle, 10))
    ]


def _carry_backlog(scene: Scene, count: int) -> None:
    """Accept DMs while no worker runs, then let two relay what waits."""
    requests = [single(dm, secret=scene.secret) for dm in make_dms(scene.tenants, count)]
    send(scene.web(), requests).require(202)
    with scene.worker(), scene.worker(name="second"):
        scene.stage.wait_for_arrivals(count, 120)
    Arrivals.take(scene.stage.responder_url)


def beside_old_rows(scene: Scene) -> list[Row]:
    """Compare the cost of a DM with that beside millions of settled rows."""
    scene.stage.start_responder()
    scene.stop_webs()
    scene.clear()
    rows = SETTLED_ROWS // (25 if scene.quick else 1)
    full = Scene(scene.stage, quick=scene.quick, tenants=scene.tenants)
    full.database = scene.stage.create_database(copy_of=scene.database)
    filled = fill(full.database, rows)
    empty_cost, full_cost = [], []
    for _ in range(scene.rounds(ROUNDS)):
        empty_cost.append(cost_of(scene))
        full_cost.append(cost_of(full))
    ratios = [more["cpu"] / less["cpu"] for more, less in zip(full_cost, empty_cost, strict=True)]
    return [
        Row(
            f"cost per DM with {rows:,} settled rows",
            "with an empty table",
            middle(ratios),
            1.2,
            at_most=True,
            note=f"{middle([c['cpu'] for c in full_cost]) * 1000:.2f} against "
            f"{middle([c['cpu'] for c in empty_cost]) * 1000:.2f} ms CPU of web, worker and "
            f"PostgreSQL; filled in {filled:.0f} s",
            details={"full": full_cost, "empty": empty_cost},
        )
    ]


def carry(scene: Scene, url: str, count: int, *, at_once: int = 1) -> dict[str, Any]:
    """Send ``count`` DMs as fast as they are accepted; return what carrying them was like.

    ``at_once`` of them go in one request.
    """
    dms = make_dms(scene.tenants, count)
    if at_once == 1:
        requests = [single(dm, secret=scene.secret) for dm in dms]
    else:
        groups = [dms[start : start + at_once] for start in range(0, count, at_once)]
        requests = [batch(group, secret=scene.secret) for group in groups]
    started = time.monotonic()
    # As many at a time as keep a backlog without taking the processor from the workers.
    send(url, requests, connections=16 if at_once == 1 else 4).require(202)
    scene.stage.wait_for_arrivals(count, 120)
    arrivals = Arrivals.take(scene.stage.responder_url)
    seconds = max(arrival.at for arrival in arrivals.all) - started
    late, twice = arrivals.out_of_order(), arrivals.repeated()
    return {"per_second": count / seconds, "late": late, "twice": twice}


def cost_of(scene: Scene) -> dict[str, Any]:
    """Return the CPU seconds of everything of ours for one DM, accepted and relayed."""
    count = scene.size(DMS)
    with scene.worker():
        names = ("web", "worker", "beat-worker")
        carry(scene, scene.web(), max(count // 10, 50))
        before = scene.stage.cpu_of(*names) + scene.stage.cpu_of_database()
        found = carry(scene, scene.web(), count)
        used = scene.stage.cpu_of(*names) + scene.stage.cpu_of_database() - before
    scene.stop_webs()
    return {**found, "cpu": used / count}


@dataclass(frozen=True, slots=True)
class Asked:
    """Statements per DM, without and with what brackets them."""

    work: float
    overhead: float


def _asked(scene: Scene, load: Callable[[], object], count: int) -> Asked:
    """Run ``load`` of ``count`` DMs and return what PostgreSQL was asked meanwhile."""
    with psycopg.connect(scene.database, autocommit=True) as connection:
        connection.execute("create extension if not exists pg_stat_statements")
        connection.execute("select pg_stat_statements_reset()")
        load()
        found = connection.execute(_STATEMENTS, [_OVERHEAD]).fetchone()
    total, overhead = found or (0, 0)
    return Asked(float(total - overhead) / count, float(overhead) / count)
