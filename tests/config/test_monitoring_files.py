"""The dashboard, the alert rules and the documentation speak of metrics that exist, and of all."""

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from django.conf import settings
from prometheus_client import REGISTRY

from config.metrics.collector import PARTS, Truth
from tests.factories import make_installation
from tests.removals import removed

FOLDER = Path(settings.BASE_DIR, "deploy", "monitoring")
NAME = re.compile(r"kotozute_\w+")
DASHBOARD = json.loads((FOLDER / "dashboard.json").read_text())
RULES = yaml.safe_load((FOLDER / "alerts.yml").read_text())["groups"][0]["rules"]


@pytest.fixture
def exported(db, settings) -> set[str]:
    """The names of all our metrics, as PromQL knows them."""
    settings.REDIS_URL = "redis://127.0.0.1:9"
    removed(make_installation())
    counted = [m for m in REGISTRY.collect() if m.name.startswith("kotozute_")]
    names = {
        f"{m.name}_total" if m.type == "counter" else m.name for m in [*counted, *Truth().collect()]
    }
    return names | {"kotozute_queued_tasks"}


def base(name: str) -> str:
    return re.sub(r"_(bucket|count|sum)$", "", name)


def queries() -> Iterator[str]:
    for panel in DASHBOARD["panels"]:
        yield from (target["expr"] for target in panel.get("targets", []))


def test_the_dashboard_shows_what_exists_and_everything_that_does(exported):
    shown = {base(name) for query in queries() for name in NAME.findall(query)}
    assert (shown - exported, exported - shown) == (set(), set())


def test_the_rules_speak_of_what_exists(exported):
    named = {base(name) for rule in RULES for name in NAME.findall(rule["expr"])}
    assert named - exported == set()


def test_the_table_lists_every_metric_and_no_other(exported):
    table = (Path(settings.BASE_DIR) / "docs" / "monitoring.md").read_text()
    rows = [line for line in table.splitlines() if line.startswith("| `kotozute_")]
    assert {name for row in rows for name in NAME.findall(row.split("|")[1])} == exported


def test_each_rule_says_how_grave_it_is_and_what_to_do():
    for rule in RULES:
        assert rule["labels"]["severity"] in ("page", "ticket"), rule["alert"]
        assert set(rule["annotations"]) == {"summary", "description"}
        assert rule["expr"].count("(") == rule["expr"].count(")")
    assert len({rule["alert"] for rule in RULES}) == len(RULES)


def test_panels_do_not_overlap_and_ask_the_chosen_source():
    taken: set[tuple[int, int]] = set()
    for panel in DASHBOARD["panels"]:
        at = panel["gridPos"]
        cells = {(at["x"] + dx, at["y"] + dy) for dx in range(at["w"]) for dy in range(at["h"])}
        assert not cells & taken, panel["title"]
        assert all(x < 24 for x, _ in cells)
        taken |= cells
        for target in panel.get("targets", []):
            assert target["datasource"]["uid"] == "${datasource}"


def test_every_part_of_a_scrape_has_a_name_that_the_alarm_shows():
    assert all(re.fullmatch(r"[a-z]+", part) for part in PARTS)


def test_promtool_finds_nothing_wrong_where_it_is_installed():
    tool = shutil.which("promtool")
    told = RULES
    for arguments in (["check", "rules", "alerts.yml"], ["test", "rules", "alerts_test.yml"]):
        if tool:
            done = subprocess.run(
                [tool, *arguments], cwd=FOLDER, capture_output=True, text=True, check=False
            )
            assert done.returncode == 0, done.stdout + done.stderr
    # Without it: what the rules' tests expect is what the rules say.
    expected = yaml.safe_load((FOLDER / "alerts_test.yml").read_text())["tests"]
    texts = {rule["alert"]: rule["annotations"] for rule in told}
    for case in expected[0]["alert_rule_test"]:
        for alert in case["exp_alerts"]:
            assert alert["exp_annotations"] == texts[case["alertname"]]
