"""Taking in events: one per request, and in batches, against one ORM INSERT."""

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from psycopg import sql

from bench.load import EVENTS, batch, make_dms, send, single
from bench.rows import Row, middle
from bench.scene import Scene

ROUNDS = 5
EVENTS_A_ROUND = 1500
BATCH_SIZE = 100
# What the view it is compared with fills.
_PLAIN = "bench_plainevent"


def accept(scene: Scene) -> list[Row]:
    """Compare requests a second with a view that does one ORM INSERT, round by round."""
    plain = scene.compared_web()
    ours, theirs = [], []
    for _ in range(scene.rounds(ROUNDS)):
        ours.append(_speed(scene, scene.web(), EVENTS))
        theirs.append(_speed(scene, plain, "/one-insert"))
    ratios = [mine / yours for mine, yours in zip(ours, theirs, strict=True)]
    return [
        Row(
            "accept one signed event per request",
            "one ORM INSERT, same server and middleware",
            middle(ratios),
            0.6,
            note=f"{middle(ours):.0f} against {middle(theirs):.0f} requests/s",
            details={"ours": ours, "reference": theirs},
        )
    ]


def batches(scene: Scene) -> list[Row]:
    """Compare events a second in batches with the same one per request."""
    singles, batched = [], []
    for _ in range(scene.rounds(3)):
        singles.append(_speed(scene, scene.web(), EVENTS))
        batched.append(_batch_speed(scene, scene.web()))
    ratios = [many / one for many, one in zip(batched, singles, strict=True)]
    return [
        Row(
            f"accept batches of {BATCH_SIZE}",
            "the same events one per request",
            middle(ratios),
            5,
            note=f"{middle(batched):.0f} against {middle(singles):.0f} events/s",
            details={"batched": batched, "single": singles},
        )
    ]


def _speed(scene: Scene, url: str, path: str) -> float:
    dms = make_dms(scene.tenants, scene.size(EVENTS_A_ROUND))
    requests = [single(dm, secret=scene.secret, path=path) for dm in dms]
    with _all_stored(scene, len(dms), "messaging_delivery" if path == EVENTS else _PLAIN):
        done = send(url, requests)
    done.require(202)
    return len(requests) / done.seconds


def _batch_speed(scene: Scene, url: str) -> float:
    dms = make_dms(scene.tenants, scene.size(4 * EVENTS_A_ROUND) // BATCH_SIZE * BATCH_SIZE)
    groups = [dms[start : start + BATCH_SIZE] for start in range(0, len(dms), BATCH_SIZE)]
    requests = [batch(group, secret=scene.secret) for group in groups]
    with _all_stored(scene, len(dms), "messaging_delivery"):
        done = send(url, requests, connections=8)
    done.require(202)
    return len(dms) / done.seconds


@contextmanager
def _all_stored(scene: Scene, count: int, table: str) -> Iterator[None]:
    """Raise ``RuntimeError`` unless so many rows come in: a refusal is quick, too."""
    with psycopg.connect(scene.database, autocommit=True) as connection:
        before = _count(connection, table)
        yield
        stored = _count(connection, table) - before
    if stored != count:
        raise RuntimeError(f"Of {count} events {stored} were stored in {table}.")


def _count(connection: psycopg.Connection, table: str) -> int:
    counting = sql.SQL("select count(*) from {}").format(sql.Identifier(table))
    found = connection.execute(counting).fetchone()
    return int(found[0]) if found else 0
