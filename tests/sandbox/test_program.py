import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from urllib.parse import urlencode

import pytest
import requests

from sandbox.settings import Settings
from tests.plugins.graph import Graph
from tests.plugins.sandbox import READY, ROOT, Sandbox

MOST_BYTES = 60_000_000
BATCH = 50


@pytest.fixture
def program() -> Iterator[subprocess.Popen[str]]:
    ports = {"SANDBOX_GRAPH_PORT": "0", "SANDBOX_WEB_PORT": "0"}
    with subprocess.Popen(
        [sys.executable, "-m", "sandbox"],
        cwd=ROOT,
        env={**os.environ, **ports},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        yield process
        process.kill()


def addresses(program: subprocess.Popen[str]) -> dict[str, str]:
    assert program.stdout is not None
    ready = READY.fullmatch(program.stdout.readline().strip())
    assert ready is not None
    return ready.groupdict()


@pytest.mark.parametrize("sign", [signal.SIGTERM, signal.SIGINT])
def test_it_says_one_line_when_ready_and_ends_cleanly(
    program: subprocess.Popen[str], sign: signal.Signals
) -> None:
    addresses(program)
    program.send_signal(sign)
    assert program.communicate(timeout=5) == ("", "")
    assert program.returncode == 0


def test_it_ends_at_once_although_a_page_still_listens(program: subprocess.Popen[str]) -> None:
    web = addresses(program)["web"]
    with requests.get(f"{web}/live?topic=chat:1", stream=True, timeout=5) as stream:
        assert stream.status_code == 200
        program.terminate()
        assert program.communicate(timeout=2) == ("", "")


def send(recipient: str) -> dict[str, str]:
    form = {"recipient": json.dumps({"id": recipient}), "message": json.dumps({"text": "x" * 120})}
    return {"method": "POST", "relative_url": "me/messages", "body": urlencode(form)}


def test_it_stays_light_when_it_remembers_all_it_can(program: subprocess.Popen[str]) -> None:
    both = addresses(program)
    sandbox = Sandbox(both["graph"], both["web"])
    community = sandbox.community()
    people = [{"name": f"M {n}", "email": f"m{n}@example.com"} for n in range(100)]
    bot = sandbox.custom_integration(community)
    graph = Graph(sandbox, bot)
    ids = [m["app_scoped_ids"][bot.page_id] for m in sandbox.members(community, people)]
    for number in range(0, Settings.keep + 100, BATCH):
        some = [ids[at % len(ids)] for at in range(number, number + BATCH)]
        assert graph.call("POST", "", json={"batch": list(map(send, some))}).ok
    assert len(sandbox.calls()) == Settings.keep
    health = sandbox.control("GET", "health")
    assert health["peak_memory_mib"] * 2**20 < MOST_BYTES
