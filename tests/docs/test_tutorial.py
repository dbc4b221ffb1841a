"""Commands in the tutorial and the other pages exist, and do what the pages say."""

import json
import re
import urllib.request
from pathlib import Path

import pytest
from django.core.management import get_commands

from config.management.commands.demo import SANDBOX_PORT
from messaging.models import DeliveryState
from tests.factories import make_delivery
from tests.messaging.draining import make_due, run, state

ROOT = Path(__file__).parents[2]
TUTORIAL = (ROOT / "docs" / "tutorial.md").read_text()
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]
PAGES = [page for page in PAGES if "node_modules" not in page.parts]


def blocks(text: str) -> list[str]:
    return re.findall(r"^```\w*\n(.*?)^```", text, re.DOTALL | re.MULTILINE)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_command_of_a_page_exists(page):
    text = page.read_text()
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    told = set(re.findall(r"`make ([a-z-]+)", text)) | {
        name
        for block in blocks(text)
        for name in re.findall(r"^make ([a-z-]+)", block, re.MULTILINE)
    }
    commands = set(re.findall(r"manage\.py ([a-z_]{3,})", text))
    assert told - targets == set()
    assert commands - set(get_commands()) == set()


def test_the_output_of_the_demo_is_what_the_tutorial_shows():
    program = (ROOT / "config/management/commands/demo.py").read_text()
    shown = [line for block in blocks(TUTORIAL) for line in block.splitlines() if "Hanako" in line]
    assert len(shown) == 2
    for line in shown:
        beginning = re.split(r"[“\d]", line)[0]
        assert beginning in program


def test_the_control_api_is_where_the_tutorial_looks_for_it():
    assert re.findall(r"^SANDBOX=(.*)", TUTORIAL, re.MULTILINE) == [
        f"http://127.0.0.1:{SANDBOX_PORT}"
    ]


@pytest.mark.django_db
@pytest.mark.usefixtures("wakes")
def test_the_fault_of_the_tutorial_delays_a_dm_and_loses_none(office, settings):
    settings.RELAY_LANES = 1
    delivery = make_delivery(office.join("Hanako"))
    ((body, path),) = re.findall(r"--data '(.*?)' \$SANDBOX(\S+)", TUTORIAL)
    request = urllib.request.Request(
        office.sandbox.web_url + path,
        json.dumps(json.loads(body)).encode(),
        {"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request) as answer:
        assert answer.status == 201
    run(office)
    assert (state(delivery)[0], office.texts("Hanako")) == (DeliveryState.PENDING, [])
    make_due(delivery)
    run(office)
    assert (state(delivery)[0], len(office.texts("Hanako"))) == (DeliveryState.DELIVERED, 1)
