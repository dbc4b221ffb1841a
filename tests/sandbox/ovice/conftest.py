"""A relay that answers as told, and an office in ovice to send from."""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from tests.plugins.ovice import Ovice
from tests.plugins.sandbox import Sandbox
from tests.sandbox.ovice.receiver import Receiver, listening


@dataclass(frozen=True)
class Place:
    """An organization with a space and three people, by their ids; Taro is its owner."""

    organization: str
    space: str
    taro: str
    hanako: str
    ada: str


@pytest.fixture
def relay(sandbox: Sandbox) -> Iterator[Receiver]:
    before = sandbox.control("GET", "health")["relay"]
    with listening() as receiver:
        sandbox.relay(receiver.url)
        yield receiver
        sandbox.reset()
        sandbox.relay(before)


@pytest.fixture
def place(ovice: Ovice, relay: Receiver) -> Place:
    organization = ovice.organization(id="4821", announce=False)
    space = ovice.space(organization, id="987", domain="tokyo-hq", announce=False)

    def person(name: str, **values: str) -> str:
        return ovice.person(organization, name, announce=False, **values)

    return Place(
        organization,
        space,
        taro=person("Taro", role="owner"),
        hanako=person("Hanako", locale="ja"),
        ada=person("Ada Example", role="admin"),
    )
