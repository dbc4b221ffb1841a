import os
import signal
import subprocess
import sys

import pytest

from tests.plugins.sandbox import READY, ROOT


@pytest.mark.parametrize("sign", [signal.SIGTERM, signal.SIGINT])
def test_it_says_one_line_when_ready_and_ends_cleanly(sign: signal.Signals) -> None:
    ports = {"SANDBOX_GRAPH_PORT": "0", "SANDBOX_WEB_PORT": "0"}
    process = subprocess.Popen(
        [sys.executable, "-m", "sandbox"],
        cwd=ROOT,
        env={**os.environ, **ports},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert READY.fullmatch(process.stdout.readline().strip())
    process.send_signal(sign)
    assert process.communicate(timeout=5) == ("", "")
    assert process.returncode == 0
