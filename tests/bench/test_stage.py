"""Output that a failed measurement leaves on the screen."""

import sys

from bench.stage import LAST_LINES, Stage


def test_a_measurement_that_fails_shows_what_each_process_said_last(tmp_path, capsys):
    stage = Stage(tmp_path)
    say = "import time\nfor n in range(9): print('line', n, flush=True)\ntime.sleep(60)"
    stage.children.start("talker", [sys.executable, "-c", say])
    log = stage.children.log("talker")
    stage.children.wait_until("talker", lambda: "line 8" in log.read_text(), seconds=10)
    stage.tell_last_words()
    stage.children.stop_all()
    said = capsys.readouterr().err.splitlines()
    assert said == [f"talker: line {n}" for n in range(9 - LAST_LINES, 9)]
