"""Measures of the house, as a table: how long, how deep, how full, and how the prose begins.

`python -m tests.house` prints them beside their bars; `docs/architecture.md` keeps the table.
"""

import ast
import io
import re
import sys
import tokenize
from collections.abc import Iterable, Iterator
from functools import cache
from itertools import combinations
from pathlib import Path

import grimp

ROOT = Path(__file__).resolve().parent.parent
APPS = ("config", "messaging", "accounts", "integrations", "core")
PLATFORMS = ("integrations/workplace", "integrations/slack")

SQL = re.compile(
    r"\s*(SELECT|INSERT INTO|UPDATE \w+ SET|DELETE FROM|WITH (RECURSIVE )?\w+ AS|LOCK TABLE)\b"
)
PATCHES = re.compile(r"monkeypatch\.(setattr|setitem|delattr|delitem)\(|\bpatch(\.object)?\(")
SENTENCE = re.compile(r"(?:^|(?<=[.!?:])\s+)(?=[A-Z`*\"])")
NO_NOUN = re.compile(r"(What|Who|Whoever|Whatever|Nobody|Somebody)\b(?!.*\?$)")


def python_files(*folders: str) -> list[Path]:
    """Return the modules of some folders, without migrations."""
    found = [path for folder in folders for path in sorted((ROOT / folder).rglob("*.py"))]
    return [path for path in found if "migrations" not in path.parts]


def lines(paths: Iterable[Path]) -> int:
    """Return how many lines some files have together."""
    return sum(len(path.read_text().splitlines()) for path in paths)


def fullest(*, platforms: bool) -> int:
    """Return the number of modules in the fullest folder: of a chat platform, or of all others."""
    folders: dict[str, int] = {}
    for path in python_files(*APPS):
        folder = path.parent.relative_to(ROOT).as_posix()
        if path.name != "__init__.py" and (folder in PLATFORMS) is platforms:
            folders[folder] = folders.get(folder, 0) + 1
    return max(folders.values())


@cache
def imports() -> dict[str, set[str]]:
    """Return what each module of the product imports of the product."""
    graph = grimp.build_graph(*APPS, cache_dir=None)
    ours = {module for module in graph.modules if ".migrations" not in module}
    return {module: graph.find_modules_directly_imported_by(module) & ours for module in ours}


def longest_chain() -> int:
    """Return how many modules the longest chain of imports has; raise where it is a ring."""
    depth: dict[str, int] = {}

    def deep(module: str, above: frozenset[str]) -> int:
        if module in above:
            raise ValueError(f"{module} imports itself by a ring")
        if module not in depth:
            below = (deep(other, above | {module}) for other in imports()[module])
            depth[module] = 1 + max(below, default=0)
        return depth[module]

    return max(deep(module, frozenset()) for module in imports())


def mutual_apps() -> int:
    """Return how many pairs of apps import each other."""
    pairs = {(a.split(".")[0], b.split(".")[0]) for a, found in imports().items() for b in found}
    return sum((a, b) in pairs and (b, a) in pairs for a, b in combinations(APPS, 2))


def strings(path: Path) -> Iterator[str]:
    """Yield every text literal of a module, f-strings by their constant parts."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def prose(path: Path) -> Iterator[str]:
    """Yield the docstrings of a module, and its comments, those that follow each other as one."""
    text = path.read_text()
    kinds = ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, kinds) and (docstring := ast.get_docstring(node)):
            yield from docstring.split("\n\n")
    comment, last = "", 0
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.COMMENT:
            said = token.string.lstrip("#: ").strip()
            if comment and token.start[0] != last + 1:
                yield comment
                comment = ""
            comment, last = f"{comment} {said}".strip(), token.start[0]
    if comment:
        yield comment


def paragraphs(path: Path) -> Iterator[str]:
    """Yield the paragraphs and list items of a page of documentation, without code and tables."""
    text = re.sub(r"```.*?```", "", path.read_text(), flags=re.DOTALL)
    for part in re.split(r"\n\s*\n|\n(?=\s*(?:[-*]|\d+\.) )", text):
        if not part.lstrip().startswith(("|", "#", "<", "!")):
            yield " ".join(re.sub(r"^\s*(?:[-*]|\d+\.) ", "", part).split())


def sentences_of(paragraph: str) -> list[str]:
    """Return the sentences of one paragraph, each on one line."""
    said = SENTENCE.split(" ".join(paragraph.split()))
    return [sentence.strip() for sentence in said if sentence.strip()]


def sentences() -> list[str]:
    """Return every sentence of prose in the product, the tests and the documents."""
    code = [part for path in python_files(*APPS, "sandbox", "tests") for part in prose(path)]
    pages = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]
    written = code + [part for page in pages for part in paragraphs(page)]
    return [sentence for part in written for sentence in sentences_of(part)]


def beginnings(said: list[str]) -> list[str]:
    """Return the sentences that begin with what, who, whoever or nobody and are no questions."""
    return [sentence for sentence in said if NO_NOUN.match(sentence)]


def statements() -> int:
    """Return how many SQL statements are written by hand outside migrations."""
    return sum(bool(SQL.match(text)) for path in python_files(*APPS) for text in strings(path))


def patched_per_hundred() -> float:
    """Return how often tests replace something, for each hundred test functions."""
    texts = [path.read_text() for path in python_files("tests")]
    tests = sum(len(re.findall(r"^\s*def test_", text, re.MULTILINE)) for text in texts)
    return 100 * sum(len(PATCHES.findall(text)) for text in texts) / tests


def rows() -> list[tuple[str, str, str]]:
    """Return each measure with its value and its bar, as texts."""
    product = lines(python_files(*APPS))
    said = sentences()
    share = 100 * len(beginnings(said)) / len(said)
    return [
        ("product, lines without migrations", f"{product:,}", "26,000"),
        ("modules in the fullest folder", f"{fullest(platforms=False)}", "15"),
        ("modules in a platform's folder", f"{fullest(platforms=True)}", "20"),
        ("longest import chain", f"{longest_chain()}", "10"),
        ("pairs of apps importing each other", f"{mutual_apps()}", "0"),
        ("lines of tests for each of code", f"{lines(python_files('tests')) / product:.2f}", "1.3"),
        ("replaced for each 100 tests", f"{patched_per_hundred():.1f}", "4"),
        ("sentences beginning with what, who, nobody", f"{share:.1f} %", "0.2 %"),
        ("SQL statements written by hand", f"{statements()}", "half of 2026-11"),
    ]


def main() -> None:
    """Print the table; with --sentences, the sentences that begin with no noun."""
    if "--sentences" in sys.argv:
        sys.stdout.writelines(f"{sentence}\n" for sentence in beginnings(sentences()))
        return
    sys.stdout.write("| measure | now | bar |\n| --- | --- | --- |\n")
    sys.stdout.writelines(f"| {name} | {now} | {bar} |\n" for name, now, bar in rows())


if __name__ == "__main__":
    main()
