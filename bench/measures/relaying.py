"""Relaying a backlog: speed and CPU, against a bare loop, the obvious design and the ideal."""

import json
import sys
from collections.abc import Mapping
from typing import Any

from bench.arrivals import Arrivals
from bench.cpu import Machine
from bench.rows import Row, middle
from bench.scene import Scene

BACKLOG = 3000
ROUNDS = 3
THREADS = 16
SLOW_SECONDS = 0.1
# Calls in flight that one worker process is allowed, from a few to more than a core can feed.
ALLOWED = (8, 16, 32, 64, 128)
# What is to be reached of the ideal.
SHARE = 0.8
# A worker is full when it uses so much of what one core gave, or would have to for that share, and
# everything is when so little of the machine is left over.
FULL, LEFT_OVER = 0.9, 0.05


def at_once(scene: Scene) -> list[Row]:
    """Relay to a target that answers at once: CPU per DM and DMs a second."""
    scene.stage.start_responder()
    scene.stop_webs()
    count = scene.size(BACKLOG)
    ours, loops, obvious = [], [], []
    for _ in range(scene.rounds(ROUNDS)):
        ours.append(relay_backlog(scene, count, THREADS))
        loops.append(bare_loop(scene, count))
        obvious.append(obvious_backlog(scene, count))
    cpu = [mine["cpu"] / bare["cpu"] for mine, bare in zip(ours, loops, strict=True)]
    speed = [
        mine["per_second"] / theirs["per_second"]
        for mine, theirs in zip(ours, obvious, strict=True)
    ]
    details = {"ours": ours, "loop": loops, "obvious": obvious}
    return [
        Row(
            "relay, target answers at once: CPU per DM",
            "bare threaded requests loop",
            middle(cpu),
            2.5,
            at_most=True,
            note=f"{_ms(ours, 'cpu')} against {_ms(loops, 'cpu')} ms",
            details=details,
        ),
        Row(
            "relay, target answers at once: DMs/s",
            "the obvious Celery design",
            middle(speed),
            2,
            note=f"{_rate(ours)} against {_rate(obvious)} DMs/s; out of order: "
            f"{sum(r['late'] for r in ours)} against {sum(r['late'] for r in obvious)}",
            details=details,
        ),
    ]


def slow(scene: Scene) -> list[Row]:
    """Relay to a target that answers in 100 ms: how near the ideal, until the CPU is full."""
    scene.stage.start_responder(SLOW_SECONDS)
    scene.stop_webs()
    points = []
    for allowed in ALLOWED[:: 2 if scene.quick else 1]:
        ideal = allowed / SLOW_SECONDS
        point = relay_backlog(scene, scene.size(int(ideal * 6)), allowed)
        points.append({**point, "allowed": allowed, "share": point["per_second"] / ideal})
    first_full = next((n for n, point in enumerate(points) if is_full(point)), len(points))
    free, full = points[:first_full], points[first_full:]
    where = f"full at {_fullness(full[0])}" if full else "never full"
    shares = ", ".join(f"{point['allowed']}: {point['share']:.2f}" for point in points)
    return [
        Row(
            "relay, target answers in 100 ms, one worker process",
            "calls allowed ÷ latency, until the CPU is full",
            min(point["share"] for point in free or points[:1]),
            SHARE,
            note=f"{shares}; the CPU is {where}",
            details={"points": points},
        )
    ]


def is_full(point: Mapping[str, Any]) -> bool:
    """Tell whether the CPU limited a point: the worker's one core, or all of the machine.

    Python runs one thread of a process at a time, so a worker has no more than one core, of which
    a virtual machine may get less than the whole. Threads that take turns at it cannot fill it to
    the brim; so it also counts what the share that is to be reached would have taken.
    """
    wanted = max(point["busy"], _wanted(point))
    return bool(wanted >= FULL * point["of_a_core"] or point["idle_share"] <= LEFT_OVER)


def _wanted(point: Mapping[str, Any]) -> float:
    """Return how much of a core the share of the ideal that is to be reached would use."""
    return float(SHARE * point["allowed"] / SLOW_SECONDS * point["cpu"])


def _fullness(point: Mapping[str, Any]) -> str:
    return (
        f"{point['per_second']:.0f} DMs/s: the worker used {point['busy']:.2f} of the "
        f"{point['of_a_core']:.2f} that a core gave, and would have to use {_wanted(point):.2f} "
        f"for {SHARE} of the ideal"
    )


def relay_backlog(scene: Scene, count: int, threads: int) -> dict[str, Any]:
    """Let one worker process carry ``count`` waiting DMs; return what that took."""
    scene.clear()
    pool = str(max(20, threads))
    with scene.worker(WORKER_THREADS=str(threads), DATABASE_POOL_SIZE=pool) as worker:
        cpu, database = scene.stage.cpu_of(worker), scene.stage.cpu_of_database()
        scene.backlog(count)
        machine = Machine.now()
        arrivals = scene.drain(count)
        machine = Machine.now().since(machine)
        used = scene.stage.cpu_of(worker) - cpu
        used_by_database = scene.stage.cpu_of_database() - database
    return _told(arrivals, count, used) | {
        "database_cpu": used_by_database / count,
        "of_a_core": machine.of_a_core,
        "idle_share": machine.idle_share,
    }


def bare_loop(scene: Scene, count: int) -> dict[str, Any]:
    """Post as many bodies by the bare loop."""
    command = ["-m", "bench.loop", scene.stage.responder_url, "--count", str(count)]
    scene.stage.children.log("loop").unlink(missing_ok=True)
    scene.stage.children.env = scene.env()
    scene.stage.children.run("loop", [sys.executable, *command, "--threads", str(THREADS)])
    told = json.loads(scene.stage.children.log("loop").read_text())
    Arrivals.take(scene.stage.responder_url)
    return {"cpu": told["cpu_seconds"] / count, "per_second": told["per_second"]}


def obvious_backlog(scene: Scene, count: int) -> dict[str, Any]:
    """Let one worker process of the obvious design carry as many."""
    scene.clear()
    env = scene.env(DJANGO_SETTINGS_MODULE="bench.settings", DATABASE_POOL_SIZE="20")
    scene.stage.manage(env, "bench_obvious", str(count))
    options = ("-P", "threads", "-c", str(THREADS))
    scene.stage.start_worker("obvious", env, *options, app="bench.celery")
    try:
        arrivals = scene.drain(count)
        # Started with its backlog there: its own start is not part of the CPU it took.
        return _told(arrivals, count, 0.0)
    finally:
        scene.stage.stop("obvious")


def _told(arrivals: Arrivals, count: int, cpu_seconds: float) -> dict[str, Any]:
    per_second = arrivals.per_second()
    return {
        "per_second": per_second,
        "cpu": cpu_seconds / count,
        "busy": cpu_seconds / count * per_second,
        "late": arrivals.out_of_order(),
        "repeated": arrivals.repeated(),
    }


def _ms(rounds: list[dict[str, Any]], what: str) -> str:
    return f"{middle([each[what] for each in rounds]) * 1000:.2f}"


def _rate(rounds: list[dict[str, Any]]) -> str:
    return f"{middle([each['per_second'] for each in rounds]):.0f}"
