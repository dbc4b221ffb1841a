"""The demo as somebody runs it, interrupted where it hurts."""

import os
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import call_command


def demo(tmp_path, *arguments: str) -> subprocess.Popen[str]:
    command = [sys.executable, "manage.py", "demo", *arguments]
    env = {**os.environ, "TMPDIR": str(tmp_path), "http_proxy": "http://127.0.0.1:9"}
    env = {name: value for name, value in env.items() if not name.startswith("DJANGO_")}
    return subprocess.Popen(
        command, cwd=settings.BASE_DIR, env=env, stdout=subprocess.PIPE, text=True
    )


def processes_of(tmp_path) -> list[str]:
    """Return the commands of all living processes whose environment names this test's folder."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if str(tmp_path).encode() in (process / "environ").read_bytes():
                found.append((process / "cmdline").read_text().replace("\0", " "))
    return found


@pytest.mark.parametrize("moment", ["Kotozute demo", "✓ broker", "✓ settings", "✓ web"])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_demo_interrupted_before_the_dm_fails_and_leaves_nothing(tmp_path, moment, number):
    process = demo(tmp_path, "--once")
    assert process.stdout is not None
    while moment not in process.stdout.readline():
        assert process.poll() is None
    process.send_signal(number)
    output, _ = process.communicate(timeout=30)
    assert process.returncode in (130, -number)
    assert "Hanako reads it" not in output
    assert (processes_of(tmp_path), list(tmp_path.iterdir())) == ([], [])


def test_a_demo_carries_a_dm_behind_a_proxy_and_in_a_folder_with_odd_characters(tmp_path_factory):
    # Of a short name: the path of a socket has 107 characters at most.
    odd = tmp_path_factory.mktemp("d") / "a b#c"
    odd.mkdir()
    process = demo(odd, "--once")
    output, _ = process.communicate(timeout=90)
    assert process.returncode == 0
    assert "Hanako reads it in Work Chat after" in output
    assert (processes_of(odd), list(odd.iterdir())) == ([], [])


def test_a_dry_run_says_what_would_run_and_starts_nothing(capsys, monkeypatch):
    monkeypatch.setattr("config.management.commands.demo.System", None)
    call_command("demo", dry_run=True)
    said = capsys.readouterr().out
    assert "an embedded Valkey" in said
    assert "one worker, beat" in said
