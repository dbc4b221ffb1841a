"""Relaying a backlog: speed and CPU, against a bare loop and the obvious design."""

import json
import sys
from typing import Any

from bench.arrivals import Arrivals
from bench.rows import Row, middle
from bench.scene import Scene

BACKLOG = 3000
ROUNDS = 3
THREADS = 16


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


def relay_backlog(scene: Scene, count: int, threads: int) -> dict[str, Any]:
    """Let one worker process carry ``count`` waiting DMs; return what that took."""
    scene.clear()
    pool = str(max(20, threads))
    with scene.worker(WORKER_THREADS=str(threads), DATABASE_POOL_SIZE=pool) as worker:
        cpu, database = scene.stage.cpu_of(worker), scene.stage.cpu_of_database()
        scene.backlog(count)
        arrivals = scene.drain(count)
        used = scene.stage.cpu_of(worker) - cpu
        used_by_database = scene.stage.cpu_of_database() - database
    return _told(arrivals, count, used) | {"database_cpu": used_by_database / count}


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
    return {
        "per_second": arrivals.per_second(),
        "cpu": cpu_seconds / count,
        "late": arrivals.out_of_order(),
        "repeated": arrivals.repeated(),
    }


def _ms(rounds: list[dict[str, Any]], what: str) -> str:
    return f"{middle([each[what] for each in rounds]) * 1000:.2f}"


def _rate(rounds: list[dict[str, Any]]) -> str:
    return f"{middle([each['per_second'] for each in rounds]):.0f}"
