"""The documentation as a site: it builds without a warning and asks nobody for anything."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
_LOADED = re.compile(
    r"<(?:script|img|iframe|source|video|audio)[^>]*\bsrc=\"?(https?:)?//"
    r"|<link[^>]*\bhref=\"?(https?:)?//[^>]*\brel=\"?(stylesheet|icon|preconnect|preload)"
    r"|<link[^>]*\brel=\"?(stylesheet|icon|preconnect|preload)\"?[^>]*\bhref=\"?(https?:)?//"
)
_STYLES = re.compile(r"url\([\"']?(https?:)?//|@import\s+[\"'](https?:)?//")


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    folder = tmp_path_factory.mktemp("site")
    subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--quiet", "--strict", "--site-dir", folder],
        cwd=ROOT,
        check=True,
        timeout=120,
    )
    return folder


def test_no_page_loads_anything_from_elsewhere(site):
    pages = {path.name: path.read_text() for path in site.rglob("*.html")}
    styles = {path.name: path.read_text() for path in site.rglob("*.css")}
    assert len(pages) > 15
    assert [name for name, text in pages.items() if _LOADED.search(text)] == []
    assert [name for name, text in styles.items() if _STYLES.search(text)] == []
    # The theme fetches a drawing library for these alone.
    assert not any("mermaid" in text for text in pages.values())


def test_a_file_that_is_no_page_is_not_published(site):
    assert not list(site.rglob("*.py"))
    assert not list(site.rglob("node_modules"))


def test_every_page_is_in_the_navigation(site):
    entry = (site / "index.html").read_text()
    names = {path.relative_to(site).as_posix() for path in site.rglob("*.html")} - {"404.html"}
    assert {name for name in names if f'href="{name}"' not in entry} - {"index.html"} == set()


def test_the_examples_of_the_second_target_are_its_code():
    guide = (ROOT / "docs" / "adding-a-chat-target.md").read_text()
    code = (ROOT / "tests" / "targets" / "echo" / "target.py").read_text()
    shown = re.findall(r"```python\n(.*?)```", guide, re.DOTALL)
    quoted = [block for block in shown if "PLATFORM" in block]
    assert len(quoted) == 2
    assert all(block in code for block in quoted)


def test_the_two_lines_of_the_guide_have_the_form_of_the_real_ones():
    guide = (ROOT / "docs" / "adding-a-chat-target.md").read_text()
    registry = (ROOT / "integrations" / "targets" / "port.py").read_text()
    real = '"workplace": ("Workplace", "integrations.workplace.target.WorkplaceTarget"),'
    assert real in guide
    assert real in registry
