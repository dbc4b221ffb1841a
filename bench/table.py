"""The results as a table to read, and as files to keep."""

import json
import os
import platform
from collections.abc import Sequence
from dataclasses import dataclass
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


@dataclass(frozen=True, slots=True)
class Part:
    """What one measurement gave, and when."""

    at: str
    rows: Sequence[Row]


def keep(name: str, rows: Sequence[Row], order: Sequence[str], folder: Path = RESULTS) -> None:
    """Put one measurement's rows in the place of its earlier ones; write table and chart anew."""
    folder.mkdir(exist_ok=True)
    at = datetime.now(UTC).strftime("%Y-%m-%d %H:%M")
    parts = kept(folder) | {name: Part(at, rows)}
    ordered = {name: parts[name] for name in order if name in parts}
    times = sorted(part.at for part in ordered.values())
    about = f"Measured from {times[0]} to {times[-1]} UTC on {machine()}."
    shown = [row for part in ordered.values() for row in part.rows]
    (folder / "table.md").write_text(f"# The relay, measured\n\n{about}\n\n{text_table(shown)}\n")
    draw(shown, about, folder / "chart.png")
    (folder / "results.json").write_text(_as_json(ordered))


def kept(folder: Path = RESULTS) -> dict[str, Part]:
    """Return what was kept of each measurement, by its name."""
    file = folder / "results.json"
    found = json.loads(file.read_text()) if file.exists() else {}
    return {
        name: Part(part["at"], [Row.from_json(row) for row in part["rows"]])
        for name, part in found.items()
    }


def _as_json(parts: dict[str, Part]) -> str:
    """Return a document with a line for each measurement."""
    lines = (
        f"{json.dumps(name)}: "
        + json.dumps(
            {"at": part.at, "rows": [row.to_json() for row in part.rows]}, ensure_ascii=False
        )
        for name, part in parts.items()
    )
    return "{\n" + ",\n".join(lines) + "\n}\n"
