"""The pinned packages are those that pyproject.toml asks for, what they need, and no others."""

import re
import tomllib
from pathlib import Path

import pytest
from django.conf import settings

ROOT = Path(settings.BASE_DIR)
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
# By file: the extras that it holds besides what always runs.
LOCKS = {
    "requirements.txt": (),
    "sandbox/requirements.txt": ("sandbox",),
    "requirements-tracing.txt": ("tracing",),
    "requirements-dev.txt": ("sandbox", "tracing", "dev"),
}
OURS = "kotozute (pyproject.toml)"


def pinned(name: str) -> dict[str, list[str]]:
    """Return each pinned package with what it is there for."""
    found: dict[str, list[str]] = {}
    package = ""
    for line in (ROOT / name).read_text().splitlines():
        if match := re.match(r"([a-z0-9._-]+)==", line):
            package = match[1]
            found[package] = []
        elif reason := re.match(r" +# (?:via|  ) *(\S.*)$", line):
            found[package].append(reason[1])
    return found


def plain(requirement: str) -> str:
    return re.split(r"[^A-Za-z0-9._-]", requirement)[0].lower().replace("_", "-")


@pytest.mark.parametrize("name", LOCKS)
def test_each_requirement_is_pinned_and_nothing_else_says_it_was_asked_for(name):
    extras = [PROJECT["optional-dependencies"][extra] for extra in LOCKS[name]]
    asked = {plain(one) for group in (PROJECT["dependencies"], *extras) for one in group}
    assert {package for package, reasons in pinned(name).items() if OURS in reasons} == asked


@pytest.mark.parametrize("name", LOCKS)
def test_every_package_is_there_for_one_that_is_there(name):
    packages = pinned(name)
    for package, reasons in packages.items():
        needing = [plain(reason) for reason in reasons if not reason.startswith(("-c ", OURS))]
        assert reasons, package
        assert set(needing) <= set(packages), package
