"""Fails when a file has more than 400 lines or a function more than 50."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FILE_LINES, FUNCTION_LINES = 400, 50
FOLDERS = ("config", "integrations", "accounts", "messaging", "core", "sandbox", "tests", "bench")


def too_long(path: Path) -> Iterator[str]:
    """Yield a sentence for the file and for each function that is over its cap."""
    text = path.read_text()
    name = path.relative_to(ROOT)
    if (lines := len(text.splitlines())) > FILE_LINES:
        yield f"{name} has {lines} lines, more than {FILE_LINES}"
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = (node.end_lineno or node.lineno) - node.lineno + 1
            if length > FUNCTION_LINES:
                yield f"{name}:{node.lineno} {node.name} has {length} lines"


def main() -> int:
    """Print every offence; return how many there were."""
    files = [path for folder in FOLDERS for path in sorted((ROOT / folder).rglob("*.py"))]
    found = [line for path in files if "migrations" not in path.parts for line in too_long(path)]
    sys.stdout.writelines(f"{line}\n" for line in found)
    return len(found)


if __name__ == "__main__":
    sys.exit(main())
