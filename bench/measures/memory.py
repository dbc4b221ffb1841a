"""Whether a worker grows with the DMs it has carried."""

from bench.cpu import memory_bytes
from bench.rows import Row
from bench.scene import Scene

EARLY, LATE, STEP = 1_000, 100_000, 11_000


def memory(scene: Scene) -> list[Row]:
    """Compare one worker's memory after a hundred thousand DMs with that after a thousand."""
    scene.stage.start_responder()
    scene.stop_webs()
    scene.clear()
    early, late, step = (scene.size(count) for count in (EARLY, LATE, STEP))
    with scene.worker() as worker:
        pid = scene.stage.children.running[worker].pid
        _carry(scene, early)
        carried, points = early, [(early, memory_bytes(pid))]
        while carried < late:
            _carry(scene, min(step, late - carried))
            carried += min(step, late - carried)
            points.append((carried, memory_bytes(pid)))
    first, last = points[0][1], points[-1][1]
    return [
        Row(
            f"worker memory after {late:,} DMs",
            f"after {early:,}",
            last / first,
            1.1,
            at_most=True,
            note=f"{last / 2**20:.1f} against {first / 2**20:.1f} MiB",
            details={"points": points},
        )
    ]


def _carry(scene: Scene, count: int) -> None:
    scene.clear()
    scene.backlog(count)
    scene.drain(count)
