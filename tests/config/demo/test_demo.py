"""The demo as somebody runs it, interrupted where it hurts."""

import os
import signal
import subprocess
import sys
import time

import pytest
from django.conf import settings


def demo(tmp_path, *arguments: str) -> subprocess.Popen[str]:
    command = [sys.executable, "manage.py", "demo", *arguments]
    env = {**os.environ, "TMPDIR": str(tmp_path), "http_proxy": "http://127.0.0.1:9"}
    env = {name: value for name, value in env.items() if not name.startswith("DJANGO_")}
    return subprocess.Popen(
        command, cwd=settings.BASE_DIR, env=env, stdout=subprocess.PIPE, text=True
    )


def processes_of(tmp_path) -> list[str]:
    """Return the commands of all processes whose environment names this test's folder."""
    done = subprocess.run(["ps", "eww", "-eo", "args"], capture_output=True, text=True, check=True)
    return [line for line in done.stdout.splitlines() if str(tmp_path) in line]


@pytest.mark.parametrize("seconds", [0.5, 2.5, 6])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_demo_interrupted_before_the_dm_fails_and_leaves_nothing(tmp_path, seconds, number):
    process = demo(tmp_path, "--once")
    time.sleep(seconds)
    process.send_signal(number)
    output, _ = process.communicate(timeout=30)
    assert process.returncode in (130, -number)
    assert "Hanako reads it" not in output
    assert (processes_of(tmp_path), list(tmp_path.iterdir())) == ([], [])


def test_a_demo_carries_a_dm_behind_a_proxy_and_in_a_folder_with_odd_characters(tmp_path):
    odd = tmp_path / "a b#c"
    odd.mkdir()
    process = demo(odd, "--once")
    output, _ = process.communicate(timeout=90)
    assert process.returncode == 0
    assert "Hanako reads it in Work Chat after" in output
    assert (processes_of(tmp_path), list(odd.iterdir())) == ([], [])
