"""The examples of the guide, run as they are printed there."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.factories import make_link
from tests.messaging.api.asking import KEY

GUIDE = Path(__file__).parents[3] / "docs" / "connector-api.md"


def example(language: str) -> str:
    """Return the guide's example that asks with the connector key in this language."""
    blocks = re.findall(rf"```{language}\n(.*?)```", GUIDE.read_text(), re.DOTALL)
    (found,) = [block for block in blocks if "CONNECTOR_KEY" in block]
    return found


COMMANDS = {
    "bash": ["bash", "-c"],
    "python": [sys.executable, "-c"],
    "javascript": ["node", "--input-type=module", "-e"],
}
PROGRAMS = {"bash": "curl", "python": sys.executable, "javascript": "node"}
# Neither curl nor Node is needed to work on Kotozute.
LANGUAGES = [language for language, program in PROGRAMS.items() if shutil.which(program)]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("language", LANGUAGES)
def test_an_example_of_the_guide_is_answered(live_server, settings, language):
    link = make_link()
    type(link.organization).objects.update(ovice_id="4821")
    type(link.member).objects.update(ovice_id="223344")
    settings.ALLOWED_HOSTS = ["localhost", "127.0.0.1"]
    env = {**os.environ, "KOTOZUTE": live_server.url, "CONNECTOR_KEY": KEY}
    run = subprocess.run(
        [*COMMANDS[language], example(language)],
        env=env,
        capture_output=True,
        timeout=20,
        check=True,
        text=True,
    )
    answer = json.loads(run.stdout)
    expected = {
        "bash": lambda: answer["status"] == "linked",
        "python": lambda: [one["status"] for one in answer["links"]] == ["linked", "unavailable"],
        "javascript": lambda: (answer["state"], answer["linked"]) == ("active", 1),
    }
    assert expected[language]()
