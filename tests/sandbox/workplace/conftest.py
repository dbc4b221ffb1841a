"""One community with a bot and two people, as most of these tests need it."""

from typing import Any

import pytest

from tests.plugins.graph import Graph
from tests.plugins.receiver import Receiver
from tests.plugins.sandbox import Integration, Sandbox


@pytest.fixture
def community(sandbox: Sandbox) -> str:
    return sandbox.community("Acme")


@pytest.fixture
def hanako(sandbox: Sandbox, community: str) -> str:
    return sandbox.member(community, "Hanako Example", locale="ja_JP")


@pytest.fixture
def graph(sandbox: Sandbox, community: str) -> Graph:
    return Graph(sandbox, sandbox.custom_integration(community))


@pytest.fixture
def app(sandbox: Sandbox, receiver: Receiver) -> dict[str, Any]:
    values = {
        "name": "ovice",
        "redirect_uris": [f"{receiver.url}/callback"],
        "deauthorize_url": f"{receiver.url}/deauthorize",
    }
    return dict(sandbox.workplace("POST", "apps", values))


@pytest.fixture
def installed(sandbox: Sandbox, community: str, app: dict[str, Any]) -> Integration:
    return sandbox.install(community, app["app_id"])
