"""`python -m bench`: run the measurements, print the table, keep it with its chart.

Everything is started here and ended here, also after Ctrl-C.
"""

import argparse
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from bench.measures.accept import accept, batches
from bench.measures.fairness import fairness
from bench.measures.latency import latency
from bench.measures.lists import lists
from bench.measures.memory import memory
from bench.measures.pages import pages
from bench.measures.purging import purging
from bench.measures.relaying import at_once
from bench.measures.together import beside_old_rows, end_to_end, statements
from bench.measures.uninstalls import uninstalls
from bench.measures.webhooks import webhooks
from bench.rows import Row
from bench.scene import Scene
from bench.stage import Stage
from bench.table import keep, text_table

MEASURES: dict[str, Callable[[Scene], list[Row]]] = {
    "accept": accept,
    "batch": batches,
    "relay": at_once,
    "latency": latency,
    "together": end_to_end,
    "statements": statements,
    "fairness": fairness,
    "settled": beside_old_rows,
    "memory": memory,
    "purge": purging,
    "uninstall": uninstalls,
    "webhooks": webhooks,
    "lists": lists,
    "pages": pages,
}


def main() -> int:
    """Read the command line and measure; return 0 when every bar is reached."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--only", default="", help=f"some of: {','.join(MEASURES)}")
    parser.add_argument("--quick", action="store_true", help="a tenth of it, to see that it runs")
    parser.add_argument("--no-keep", action="store_true", help="write nothing to bench/results")
    given = parser.parse_args()
    chosen = given.only.split(",") if given.only else list(MEASURES)
    if unknown := set(chosen) - set(MEASURES):
        parser.error(f"unknown: {', '.join(sorted(unknown))}")
    rows = []
    for name, found in measure(chosen, quick=given.quick):
        rows += found
        if not (given.quick or given.no_keep):
            # At once: a long run that is stopped has not measured in vain.
            keep(name, found, list(MEASURES))
    sys.stdout.write(f"\n{text_table(rows)}\n")
    return 0 if all(row.passed for row in rows) else 1


def measure(chosen: list[str], *, quick: bool) -> Iterator[tuple[str, list[Row]]]:
    """Run the chosen measurements one after another and yield the rows of each."""
    with (
        tempfile.TemporaryDirectory(prefix="kotozute-bench-") as folder,
        Stage(Path(folder)) as stage,
    ):
        stage.start_responder()
        scene = Scene(stage, quick=quick)
        scene.prepare()
        for name in chosen:
            started = time.monotonic()
            found = MEASURES[name](scene)
            sys.stderr.write(f"{name}: {time.monotonic() - started:.0f} s\n")
            for row in found:
                sys.stderr.write(f"  {row.work}: {row.measured:.3g} {row.unit} ({row.note})\n")
            yield name, found


def _stop(*_: object) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, _stop)
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit("stopped")
