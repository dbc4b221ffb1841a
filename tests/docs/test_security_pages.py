"""The security pages name what is there: each test, each file."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SECURITY = ROOT / "docs" / "security"
_TEST = re.compile(r"`([\w/]+\.py)::(test_\w+)`")
_FILE = re.compile(r"`((?:[\w.-]+/)*[\w-]*\.(?:py|md|toml|json|txt|example)|Makefile)`")
VERDICTS = {"pass", "partly", "not applicable"}


def rows(page: str) -> list[list[str]]:
    """Return the cells of every row of the page's tables, without headings."""
    lines = [line for line in (SECURITY / page).read_text().splitlines() if line.startswith("| ")]
    cells = [[cell.strip() for cell in line.strip("| ").split(" | ")] for line in lines]
    return [row for row in cells if set(row[0]) - {"-"} and row[0] not in HEADINGS]


HEADINGS = {"try", "who, and what they try", "has", "section", "id"}


@pytest.mark.parametrize("page", ["threat-model.md", "asvs.md"])
def test_every_named_test_exists(page):
    named = set(_TEST.findall((SECURITY / page).read_text()))
    sources = {path: (ROOT / "tests" / path).read_text() for path, _name in named}
    assert len(named) > 20
    assert {
        f"{path}::{name}"
        for path, name in named
        if not re.search(rf"^(async )?def {name}\(", sources[path], re.MULTILINE)
    } == set()


@pytest.mark.parametrize("page", ["threat-model.md", "asvs.md", "secrets.md"])
def test_every_named_file_exists(page):
    named = set(_FILE.findall((SECURITY / page).read_text()))
    assert {name for name in named if not (ROOT / name).exists()} == set()


def test_every_threat_has_a_test():
    assert [row for row in rows("threat-model.md") if not _TEST.search(row[-1])] == []


def test_every_section_of_the_standard_has_a_verdict_and_what_it_rests_on():
    judged = rows("asvs.md")
    assert {row[1] for row in judged} <= VERDICTS
    bare = [row[0] for row in judged if len(row) != 3 or not row[2]]
    unproven = [row[0] for row in judged if row[1] == "pass" and "`" not in row[2]]
    assert (bare, unproven) == ([], [])


def test_no_section_of_the_standard_is_left_out():
    sections = [row[0].split(" ")[0] for row in rows("asvs.md")]
    chapters = dict.fromkeys(range(1, 18), 0)
    for section in sections:
        chapters[int(section.removeprefix("V").split(".")[0])] += 1
    # How many sections each chapter of ASVS 5.0.0 has.
    assert list(chapters.values()) == [5, 4, 7, 4, 4, 8, 6, 4, 2, 7, 7, 3, 4, 3, 4, 5, 3]
    assert len(set(sections)) == len(sections)
