"""One community with a bot and two people, as most of these tests need it."""

import pytest

from tests.plugins.graph import Graph
from tests.plugins.sandbox import Sandbox


@pytest.fixture
def community(sandbox: Sandbox) -> str:
    return sandbox.community("Acme")


@pytest.fixture
def hanako(sandbox: Sandbox, community: str) -> str:
    return sandbox.member(community, "Hanako Example", locale="ja_JP")


@pytest.fixture
def graph(sandbox: Sandbox, community: str) -> Graph:
    return Graph(sandbox, sandbox.custom_integration(community))
