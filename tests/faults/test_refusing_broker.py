"""A broker that answers and refuses costs nothing: not a DM, not a worker, not the truth."""

import json
import pickle
import time
from base64 import b64encode
from uuid import uuid4

import pytest
import requests

from config.demo.story import send_dm, set_the_scene, texts_in_work_chat
from tests.faults.refusals import REFUSALS, client
from tests.plugins.system import running_system

pytestmark = pytest.mark.faults
# The promise: so long after its end everything is delivered.
AFTERWARDS = 10


@pytest.fixture(scope="module")
def scene(tmp_path_factory, database_url):
    """A whole running system whose broker is its own, and its cast."""
    with running_system(tmp_path_factory, database_url, {}, own_broker=True) as system:
        yield system, set_the_scene(system)


def readiness(system) -> str:
    return requests.get(f"{system.base_url}/readyz", timeout=5).json()["broker"]


@pytest.mark.parametrize("state", REFUSALS)
def test_all_live_through_a_broker_that_refuses(scene, state):
    system, cast = scene
    worker = system.children.running["worker"].pid
    before = len(texts_in_work_chat(system, cast))
    with REFUSALS[state](system):
        began = time.monotonic()
        assert send_dm(system, cast, f"during {state}") == "accepted"
        assert time.monotonic() - began < 5
        system.children.wait_until("the bad news", lambda: readiness(system) != "ok", seconds=5)
    ended = time.monotonic()

    def delivered() -> bool:
        return len(texts_in_work_chat(system, cast)) > before

    system.children.wait_until("the DM", delivered, seconds=AFTERWARDS)
    assert send_dm(system, cast, f"after {state}") == "accepted"
    left = AFTERWARDS - (time.monotonic() - ended)
    system.children.wait_until(
        "the next", lambda: len(texts_in_work_chat(system, cast)) == before + 2, seconds=left
    )
    system.children.check()
    assert system.children.running["worker"].pid == worker
    system.children.wait_until("the good news", lambda: readiness(system) == "ok", seconds=3)


def envelope(**changes) -> bytes:
    """Return a message like Celery's own, but for these members."""
    headers = {"lang": "py", "task": "messaging.tasks.sweep", "id": str(uuid4()), "argsrepr": "()"}
    properties = {
        "correlation_id": "1",
        "delivery_mode": 2,
        "delivery_info": {"exchange": "", "routing_key": "celery"},
        "priority": 0,
        "body_encoding": "base64",
        "delivery_tag": str(uuid4()),
    }
    message = {
        "body": b64encode(b"[[], {}, {}]").decode(),
        "content-encoding": "utf-8",
        "content-type": "application/json",
        "headers": {**headers, **changes.pop("headers", {})},
        "properties": {**properties, **changes.pop("properties", {})},
    }
    return json.dumps({**message, **changes}).encode()


JUNK = [
    b"",
    b"null",
    b"[]",
    b"{}",
    b'"text"',
    b"{" * 100_000,
    b"[" * 100_000,
    b"1" * 5000,
    pickle.dumps({"body": "an old one"}),
    envelope()[:-20],
    envelope(properties={"delivery_tag": []}),
    envelope(properties={"body_encoding": "none"}),
    envelope(properties={"delivery_info": None}),
    envelope(headers={"task": "no.such.task"}),
    envelope(headers={"task": ["unhashable"]}),
    envelope(headers={"id": {"un": "hashable"}}),
    envelope(headers={"id": None}),
    envelope(headers={"expires": "never"}),
    envelope(headers={"eta": 5}),
    envelope(headers={"retries": "x", "timelimit": 7}),
    envelope(body="***"),
    envelope(body=None),
    envelope(properties={"delivery_tag": None}),
    envelope(body=b64encode(b"null").decode()),
    envelope(body=b64encode(b"[1, 2, 3]").decode()),
    envelope(body=b64encode(b"[[1, 2, 3], {}, {}]").decode()),
    envelope(
        body=b64encode(pickle.dumps([[], {}, {}])).decode(),
        **{"content-type": "application/x-python-serialize", "content-encoding": "binary"},
    ),
    envelope(body=b64encode(b"- x").decode(), **{"content-type": "application/x-yaml"}),
]


def test_junk_in_the_broker_ends_no_worker_and_holds_nothing_up(scene):
    system, cast = scene
    before = len(texts_in_work_chat(system, cast))
    with client(system) as broker:
        broker.sadd("_kombu.binding.celery", "junk", pickle.dumps(1))
        # More than a worker takes up at once, or one that stays in its hands would not show.
        for _ in range(3):
            broker.lpush("celery", *JUNK)
        broker.hset("unacked", "junk", "junk")
        broker.zadd("unacked_index", {"junk": 1})
        system.children.wait_until("the junk", lambda: not broker.llen("celery"), seconds=20)
    for _ in range(2):
        assert send_dm(system, cast, "behind the junk") == "accepted"
    system.children.wait_until(
        "the DMs", lambda: len(texts_in_work_chat(system, cast)) == before + 2, seconds=AFTERWARDS
    )
    system.children.check()
