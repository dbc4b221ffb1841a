"""Launch tokens that the pretend ovice signs, for a service that trusts its published keys."""

from dataclasses import dataclass
from typing import Any

import pytest

from accounts.launch import keys
from tests.plugins.ovice import Ovice


@dataclass
class Launching:
    """One organization of ovice with an owner, Taro, and a member, Hanako; ids are ovice's."""

    ovice: Ovice
    organization: str
    taro: str
    hanako: str

    def token(self, person: str = "", **values: Any) -> str:
        """Return a token, for Hanako to link unless told otherwise."""
        return self.ovice.launch_token(self.organization, person or self.hanako, **values)

    def setup_token(self, person: str = "", **values: Any) -> str:
        """Return a token with which the owner, Taro, opens the portal."""
        return self.token(person or self.taro, purpose="setup", **values)


@pytest.fixture
def launching(ovice: Ovice, settings) -> Launching:
    """Make the service trust the sandbox's launch tokens; the relay must not be told of people."""
    settings.OVICE_ISSUER = ovice.settings()["issuer"]
    settings.OVICE_LAUNCH_JWKS_URL = f"{ovice.web_url}/ovice/.well-known/jwks.json"
    keys._sets.clear()
    ovice.sandbox.relay(settings.BASE_URL)
    organization = ovice.organization(announce=False)
    taro = ovice.person(organization, "Taro", role="owner", locale="ja", announce=False)
    hanako = ovice.person(organization, "Hanako", announce=False)
    return Launching(ovice, organization, taro, hanako)
