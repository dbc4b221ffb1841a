"""Whether small tenants notice that another one has ten thousand DMs waiting."""

import threading

from bench.arrivals import Arrivals
from bench.load import make_dms, send, single
from bench.rows import Row, middle, quantile
from bench.scene import Scene

FLOOD = 10_000
SMALL_RATE = 20
SECONDS = 30
ROUNDS = 3
TARGET_SECONDS = 0.02
# In either state small tenants have been writing for three seconds: who wants little is known by
# what they do, and processes are what they are later.
WARM_UP = 60


def fairness(scene: Scene) -> list[Row]:
    """Compare small tenants' delays while one floods with their delays alone."""
    scene.stage.start_responder(TARGET_SECONDS)
    scene.clear()
    alone, beside, first = [], [], []
    for _ in range(scene.rounds(ROUNDS)):
        with scene.worker(), scene.worker(name="second"):
            _small(scene, WARM_UP)
            alone.append(quantile(_small(scene, _count(scene)), 0.99))
            _flood(scene)
            first.append(max(_small(scene, WARM_UP)))
            beside.append(quantile(_small(scene, _count(scene)), 0.99))
        scene.clear()
    ratios = [more / less for more, less in zip(beside, alone, strict=True)]
    return [
        Row(
            "small tenants' p99 while another has 10,000 waiting",
            "their p99 alone",
            middle(ratios),
            2,
            at_most=True,
            note=f"{middle(beside) * 1000:.0f} against {middle(alone) * 1000:.0f} ms, "
            f"target answers in {TARGET_SECONDS * 1000:.0f} ms; right after all had been silent "
            f"up to {middle(first) * 1000:.0f} ms",
            details={"alone": alone, "beside": beside, "first": first},
        )
    ]


def _count(scene: Scene) -> int:
    return SMALL_RATE * (3 if scene.quick else SECONDS)


def _flood(scene: Scene) -> None:
    """Let the first tenant have its backlog."""
    scene.backlog(scene.size(FLOOD), scene.tenants[0].organization)


def _small(scene: Scene, count: int) -> list[float]:
    """Pace DMs over the other tenants and return their delays."""
    dms = make_dms(scene.tenants[1:], count)
    requests = [single(dm, secret=scene.secret) for dm in dms]
    done = send(scene.web(), requests, per_second=SMALL_RATE)
    done.require(202)
    came = _wait_for(scene, {dm.number for dm in dms})
    return [came[dm.number] - left for dm, left in zip(dms, done.left_at, strict=True)]


def _wait_for(scene: Scene, wanted: set[int]) -> dict[int, float]:
    came: dict[int, float] = {}
    for _ in range(120):
        came |= Arrivals.take(scene.stage.responder_url).first_at()
        if wanted <= came.keys():
            return came
        threading.Event().wait(0.5)
    raise RuntimeError(f"{len(wanted - came.keys())} DMs of small tenants did not arrive.")
