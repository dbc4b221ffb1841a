"""An organization whose connection and links are made the way the product makes them."""

from dataclasses import dataclass, field
from typing import Any

import pytest

from accounts.linking.link import link
from accounts.models import Link
from integrations.connections.connect import connect
from integrations.models import Installation, InstallationKind, Organization
from integrations.targets.port import Credentials
from tests.factories import make_member, make_organization
from tests.plugins.sandbox import Integration, Sandbox


@dataclass
class Office:
    """One organization in ovice with its community in the sandbox's Workplace."""

    sandbox: Sandbox
    organization: Organization
    community: str
    integration: Integration
    installation: Installation
    accounts: dict[str, str] = field(default_factory=dict)

    def join(self, name: str, **values: str) -> Link:
        """Add a person to both sides and link them; ``values`` are the Workplace member's."""
        email = values.setdefault("email", f"{name.casefold()}@example.com")
        self.accounts[name] = self.sandbox.member(self.community, name, **values)
        return link(make_member(self.organization, email=email, name=name), self.installation)

    def texts(self, name: str) -> list[str]:
        """Return the texts a person sees from the bot in Work Chat, oldest first."""
        return self.sandbox.texts(self.accounts[name])

    def refresh(self) -> Installation:
        """Return the installation as it is stored now."""
        self.installation.refresh_from_db()
        return self.installation


@pytest.fixture
def new_office(sandbox: Sandbox, settings, db):
    """Return a function that opens an office: organization, community, token, connection."""
    settings.WORKPLACE_GRAPH_URL = sandbox.graph_url

    def open_office(**integration: Any) -> Office:
        community = sandbox.community()
        made = sandbox.custom_integration(community, **integration)
        organization = make_organization()
        installation = connect(
            organization,
            target="workplace",
            kind=InstallationKind.CUSTOM,
            credentials=Credentials(made.access_token, made.app_secret),
        )
        return Office(sandbox, organization, community, made, installation)

    return open_office


@pytest.fixture
def office(new_office) -> Office:
    """One office."""
    return new_office()
