"""The broker holds hints only: killing it at any moment loses nothing."""

import signal
import time

import pytest

from config.demo.story import send_dm, set_the_scene, texts_in_work_chat
from integrations.targets.quoting import unquote

pytestmark = pytest.mark.faults
SECONDS = 30


def kill(system, name: str) -> None:
    """End one process so that it can do nothing any more."""
    process = system.children.running.pop(name)
    process.send_signal(signal.SIGKILL)
    process.wait()


def wait_for_texts(system, cast, texts: list[str]) -> None:
    def arrived() -> bool:
        return len(texts_in_work_chat(system, cast)) >= len(texts)

    system.children.wait_until("the DMs", arrived, seconds=SECONDS)
    assert [unquote(text.split("\n\n")[1]) for text in texts_in_work_chat(system, cast)] == texts


@pytest.fixture
def accepting(new_system):
    """A system that accepts DMs while nobody relays them yet."""
    system = new_system()
    system.start_web()
    system.children.wait_until("the web process", system._web_ready, seconds=SECONDS)
    return system


def relay(system) -> None:
    system.start_worker()
    system.start_beat()
    system.wait_until_ready()


def test_a_broker_killed_between_the_202_and_the_send_loses_nothing(accepting):
    cast = set_the_scene(accepting)
    assert send_dm(accepting, cast, "before") == "accepted"
    kill(accepting, "valkey")
    accepting.start_broker()
    relay(accepting)
    wait_for_texts(accepting, cast, ["before"])


def test_a_dm_is_accepted_quickly_while_there_is_no_broker(accepting):
    cast = set_the_scene(accepting)
    kill(accepting, "valkey")
    started = time.monotonic()
    texts = ["without a broker", "still without"]
    for text in texts:
        assert send_dm(accepting, cast, text) == "accepted"
    assert time.monotonic() - started < 5
    accepting.start_broker()
    relay(accepting)
    wait_for_texts(accepting, cast, texts)


def test_a_broker_restarted_under_running_workers_loses_nothing(accepting):
    cast = set_the_scene(accepting)
    relay(accepting)
    kill(accepting, "valkey")
    send_dm(accepting, cast, "into the gap")
    accepting.start_broker()
    wait_for_texts(accepting, cast, ["into the gap"])


@pytest.mark.parametrize(
    ("hears", "texts"),
    [
        pytest.param(False, ["in hand", "in hand", "behind it"], id="sent once more without echo"),
        pytest.param(True, ["in hand", "behind it"], id="proven by its echo"),
    ],
)
def test_deliveries_of_a_killed_worker_stay_in_order(accepting, hears, texts):
    cast = set_the_scene(accepting, hears=hears)
    relay(accepting)
    # The platform accepts the call although nobody is left to hear its answer.
    slow = {"kind": "slow", "seconds": 3, "endpoint": "me/messages", "calls": 1}
    accepting.control("POST", "workplace/faults", slow)
    for text in ("in hand", "behind it"):
        send_dm(accepting, cast, text)

    def calling() -> bool:
        faults = accepting.control("GET", "workplace/faults")["data"]
        return bool(faults[0]["met"])

    accepting.children.wait_until("the call", calling, seconds=SECONDS)
    kill(accepting, "worker")
    accepting.start_worker("second")
    wait_for_texts(accepting, cast, texts)
