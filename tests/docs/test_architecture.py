"""The map of the house agrees with the house."""

import re
import tomllib

import pytest

from tests.docs.test_site import ROOT

MAP = (ROOT / "docs" / "architecture.md").read_text()
APPS = ("config", "messaging", "accounts", "integrations", "core")
CONTRACTS = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"][
    "contracts"
]


def test_every_file_it_names_is_there():
    named = set(re.findall(r"`([a-z_/]+\.py)`", MAP))
    there = {
        path.relative_to(ROOT) for app in (*APPS, "tests") for path in (ROOT / app).rglob("*.py")
    }
    assert len(named) > 40
    assert [name for name in named if not any(path.match(name) for path in there)] == []


@pytest.mark.parametrize("app", ["messaging", "accounts", "integrations"])
def test_the_order_of_an_apps_packages_is_that_of_its_contract(app):
    [contract] = [one for one in CONTRACTS if one.get("containers") == [app]]
    packages = [path.parent.name for path in (ROOT / app).glob("*/__init__.py")]
    layers = [name for name in contract["layers"] if name in packages or name == "signals"]
    [said] = re.findall(rf"^- `{app}`: `(.*)`$", MAP, re.MULTILINE)
    assert said.split(" → ") == layers
