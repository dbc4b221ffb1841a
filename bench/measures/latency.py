"""How long a DM takes from ovice's request to the request at the target."""

from statistics import median

from bench.arrivals import Arrivals
from bench.load import EVENTS, make_dms, send, single
from bench.rows import Row, quantile
from bench.scene import Scene

RATES = (20, 100)
SECONDS = 15
OBVIOUS_PROCESSES = 20
# Until processes, connections and statements are what they are later.
WARM_UP = 100


def latency(scene: Scene) -> list[Row]:
    """Pace DMs at 20 and at 100 a second, with two workers as in production."""
    scene.stage.start_responder()
    scene.clear()
    rows = []
    with scene.worker(), scene.worker(name="second"):
        paced(scene, scene.web(), EVENTS, WARM_UP, WARM_UP)
        ours = {
            rate: paced(scene, scene.web(), EVENTS, rate, _count(scene, rate)) for rate in RATES
        }
    obvious = _obvious(scene)
    for share, name, bar in ((0.5, "p50", 10), (0.99, "p99", 40)):
        found = {rate: quantile(ours[rate], share) * 1000 for rate in RATES}
        theirs = {rate: quantile(obvious[rate], share) * 1000 for rate in RATES}
        rows.append(
            Row(
                f"accept → request at the target, {name}, the worse of 20 and 100 DMs/s",
                f"the obvious Celery design, {OBVIOUS_PROCESSES} processes",
                max(found.values()),
                bar,
                at_most=True,
                unit="ms",
                note=f"{_listed(found)}; reference {_listed(theirs)}",
                details={
                    "ours": {rate: summary(delays) for rate, delays in ours.items()},
                    "reference": {rate: summary(delays) for rate, delays in obvious.items()},
                },
            )
        )
    return rows


def paced(scene: Scene, url: str, path: str, rate: float, count: int) -> list[float]:
    """Send ``count`` DMs evenly and return each one's delay, from ovice's request on."""
    dms = make_dms(scene.tenants, count)
    requests = [single(dm, secret=scene.secret, path=path) for dm in dms]
    done = send(url, requests, per_second=rate)
    done.require(202)
    scene.stage.wait_for_arrivals(count, 60)
    came = Arrivals.take(scene.stage.responder_url).first_at()
    return [came[dm.number] - left for dm, left in zip(dms, done.left_at, strict=True)]


def _obvious(scene: Scene) -> dict[int, list[float]]:
    env = scene.env(DJANGO_SETTINGS_MODULE="bench.settings", DATABASE_POOL_SIZE="2")
    options = ("-P", "prefork", "-c", str(OBVIOUS_PROCESSES))
    scene.stage.start_worker("obvious", env, *options, app="bench.celery")
    try:
        url = scene.compared_web()
        paced(scene, url, "/obvious", WARM_UP, WARM_UP)
        return {rate: paced(scene, url, "/obvious", rate, _count(scene, rate)) for rate in RATES}
    finally:
        scene.stage.stop("obvious")


def _count(scene: Scene, rate: int) -> int:
    return rate * (3 if scene.quick else SECONDS)


def _listed(found: dict[int, float]) -> str:
    return ", ".join(f"{value:.1f} ms at {rate}/s" for rate, value in found.items())


def summary(delays: list[float]) -> dict[str, float]:
    """Return the delays' middle and tail, in milliseconds."""
    return {"p50": median(delays) * 1000, "p99": quantile(delays, 0.99) * 1000}
