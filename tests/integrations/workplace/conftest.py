"""A community in the sandbox with one bot and one member, and the product's way to them."""

from dataclasses import dataclass

import pytest

from integrations.targets.port import Credentials
from integrations.workplace.client import GraphClient
from integrations.workplace.target import WorkplaceTarget
from tests.plugins.sandbox import Integration, Sandbox

ADDRESS = "ada@example.com"


@dataclass(frozen=True)
class Person:
    """A member: as the sandbox's control API knows the person, and as our app does."""

    member: str
    account_id: str


def credentials(integration: Integration, *, signed: bool = False) -> Credentials:
    """Return what a pasted token and, if need be, its secret make."""
    return Credentials(integration.access_token, integration.app_secret if signed else "")


@pytest.fixture
def integration(sandbox: Sandbox, settings) -> Integration:
    settings.WORKPLACE_GRAPH_URL = sandbox.graph_url
    return sandbox.custom_integration(sandbox.community("Acme"), "ovice DM")


@pytest.fixture
def client(integration: Integration) -> GraphClient:
    return GraphClient(credentials(integration))


@pytest.fixture
def target(integration: Integration) -> WorkplaceTarget:
    return WorkplaceTarget(credentials(integration))


@pytest.fixture
def ada(sandbox: Sandbox, integration: Integration, target: WorkplaceTarget) -> Person:
    member = sandbox.member(integration.community_id, "Ada Example", ADDRESS, locale="ja_JP")
    account = target.find_account(ADDRESS)
    assert account is not None
    return Person(member, account.account_id)
