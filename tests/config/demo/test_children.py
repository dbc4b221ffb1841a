import os
import signal
import socket
import sys
import time
from pathlib import Path

import pytest

from config.demo.children import ChildError, Children, Interrupted
from config.demo.ports import any_free_port, choose_port, is_free

# A parent that starts a child of its own and would not stop for a polite request.
STUBBORN = """
import signal, subprocess, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
print(child.pid, flush=True)
time.sleep(60)
"""


@pytest.fixture
def children(tmp_path):
    with Children(tmp_path, os.environ, cwd=tmp_path) as group:
        yield group


def python(code: str) -> list[str]:
    return [sys.executable, "-c", code]


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    # A zombie is dead: its parent has not asked yet.
    return Path(f"/proc/{pid}/stat").read_text().rsplit(")")[1].split()[0] != "Z"


def test_a_failed_command_tells_what_it_printed(children):
    with pytest.raises(ChildError, match=r"(?s)status 3.*last lines of job:.*no such table"):
        children.run("job", python("print('no such table'); raise SystemExit(3)"))


def test_a_child_that_dies_while_one_waits_is_noticed(children):
    children.start("web", python("raise SystemExit('port in use')"))
    with pytest.raises(ChildError, match=r"(?s)web ended with status 1.*port in use"):
        children.wait_until("the page", lambda: False, seconds=10)


def test_waiting_ends_when_time_is_up(children):
    children.start("web", python("import time; time.sleep(60)"))
    with pytest.raises(ChildError, match="the page: not within 0 seconds"):
        children.wait_until("the page", lambda: False, seconds=0.1)


def test_a_request_to_stop_ends_the_waiting_and_starts_nothing_more(children):
    children.stop_asked.set()
    with pytest.raises(Interrupted):
        children.wait_until("the page", lambda: False, seconds=10)
    with pytest.raises(Interrupted):
        children.start("web", python("import time; time.sleep(60)"))
    assert children.running == {}


def test_a_stubborn_child_and_its_own_children_are_ended(children, monkeypatch):
    monkeypatch.setattr("config.demo.children.STOP_SECONDS", 0.2)
    process = children.start("worker", python(STUBBORN))
    children.wait_until("its child", lambda: children.log("worker").read_text(), seconds=10)
    grandchild = int(children.log("worker").read_text())
    children.stop_all()
    assert process.returncode == -signal.SIGKILL
    time.sleep(0.1)
    assert not is_alive(grandchild)


def test_a_port_in_use_is_said_and_another_one_taken():

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        usual = taken.getsockname()[1]
        port, remark = choose_port(usual)
    assert port != usual
    assert remark == f"Port {usual} is in use by another program; using {port} instead."


def test_the_usual_port_is_taken_without_a_word():
    usual = any_free_port()
    assert choose_port(usual) == (usual, "")
    assert is_free(usual)
