"""The results as a table to read, and as files to keep."""

import json
import os
import platform
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from bench.chart import draw
from bench.rows import Row

RESULTS = Path(__file__).parent / "results"
HEADINGS = ("work", "reference in the same run", "measured", "to reach", "", "behind it")


def cells(row: Row) -> tuple[str, ...]:
    """Return one row as text."""
    sign = "≤" if row.at_most else "≥"
    return (
        row.work,
        row.reference,
        f"{row.measured:.3g} {row.unit}",
        f"{sign} {row.bar:g} {row.unit}",
        "pass" if row.passed else "FAIL",
        row.note,
    )


def text_table(rows: Sequence[Row]) -> str:
    """Return a Markdown table that also reads well in a terminal."""
    lines = [HEADINGS, *(cells(row) for row in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(HEADINGS))]

    def joined(line: Sequence[str]) -> str:
        padded = (cell.ljust(width) for cell, width in zip(line, widths, strict=True))
        return f"| {' | '.join(padded)} |"

    rule = "|" + "|".join("-" * (width + 2) for width in widths) + "|"
    return "\n".join([joined(lines[0]), rule, *(joined(line) for line in lines[1:])])


def machine() -> str:
    """Say what the figures were measured on."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return f"{os.cpu_count()} cores, {memory:.0f} GiB, Python {platform.python_version()}"


def keep(rows: Sequence[Row]) -> None:
    """Write the table, its chart, and everything behind it to ``bench/results``."""
    RESULTS.mkdir(exist_ok=True)
    at = datetime.now(UTC).replace(microsecond=0)
    about = f"Measured {at:%Y-%m-%d %H:%M} UTC on {machine()}."
    (RESULTS / "table.md").write_text(f"# The relay, measured\n\n{about}\n\n{text_table(rows)}\n")
    draw(rows, about, RESULTS / "chart.png")
    document = {"at": at.isoformat(), "machine": machine(), "rows": [r.to_json() for r in rows]}
    (RESULTS / "results.json").write_text(json.dumps(document, indent=1, ensure_ascii=False))
