"""Every order of connecting, removing and purging: no data lost of the living, none left of others.

The tree of all sequences of acts is walked; a savepoint leads back to each fork. At every node
an old and a forged uninstall notice are tried as well, which must change nothing at all.
"""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import transaction
from django.test import Client
from django.utils.timezone import now

from accounts.models import Link
from integrations import install, purge
from integrations.datakeys import forget_keys
from integrations.install import connect
from integrations.ledger import Removal
from integrations.models import Installation, InstallationKind, Organization
from integrations.removal import purge_now, remove_installation, stop_removed
from integrations.targets import Connection, Credentials
from messaging.models import Delivery
from tests.factories import make_delivery, make_link, make_member
from tests.integrations.workplace.signed import SECRET, sign, uninstall_of

COMMUNITY, OVICE_ID, TEXT = "1000000001", "org-of-all-orders", "for your eyes only"
OLD = sign({"community_id": COMMUNITY, "issued_at": int(now().timestamp()) - 86_400})
FORGED = uninstall_of(COMMUNITY, algorithm="HMAC-SHA256") + "A"
DEPTH = 3


class Killed(BaseException):
    """Ends a purge as a kill does: nothing may catch it."""


class Target:
    """A chat target that takes every token."""

    def __init__(self, *_: object) -> None:
        """Be opened with any credentials."""

    def check(self) -> Connection:
        """Say which community it is."""
        return Connection("77", "ovice DM", community_id=COMMUNITY, community_name="Acme")


@pytest.fixture(autouse=True)
def _world(db, settings, monkeypatch):
    settings.WORKPLACE_APP_SECRET = SECRET
    monkeypatch.setattr(install, "open_target", Target)


def reconnect() -> None:
    """Connect, unless connected, and let one DM wait for one linked member."""
    if live() is not None:
        return
    made = connect(
        Organization.objects.register(OVICE_ID),
        target="workplace",
        kind=InstallationKind.THIRD_PARTY,
        credentials=Credentials("DQVtoken"),
    )
    # A generation is older than what is told of it, which a test's clock is too fast to show.
    Installation.objects.filter(pk=made.pk).update(connected_at=now() - timedelta(hours=1))
    link = Link.objects.active().filter(installation=made).first()
    make_delivery(link or make_link(made, make_member(made.organization)), text=TEXT)


def uninstall() -> None:
    """Let the platform tell of an uninstall, and repeat itself."""
    signed = uninstall_of(COMMUNITY)
    assert [post(signed), post(signed)] == [200, 200]
    stop_removed()


def disconnect() -> None:
    if (installation := live()) is not None:
        remove_installation(installation)


def begin_purge() -> None:
    for removal in ready():
        purge.begin(removal)


def kill_purge() -> None:
    """Let a purge be killed after its third batch."""
    batches = iter(range(3))

    def killed(_pace: object) -> None:
        if next(batches, None) is None:
            raise Killed

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("integrations.batches.Pace.rest", killed)
        try:
            purge.purge_ready(seconds=10)
        except Killed:
            return


def end_purge() -> None:
    """Let every removal's time come."""
    ready()
    purge.purge_ready(seconds=10)


ACTS: tuple[Callable[[], None], ...] = (
    reconnect,
    uninstall,
    disconnect,
    begin_purge,
    kill_purge,
    end_purge,
)


def live() -> Installation | None:
    return Installation.objects.live().filter(organization__ovice_id=OVICE_ID).first()


def ready() -> list[Removal]:
    for removal in Removal.objects.open():
        purge_now(removal)
    return list(Removal.objects.ready(now()))


def post(signed: str) -> int:
    form = "application/x-www-form-urlencoded"
    body = f"signed_request={signed}"
    return Client().post("/workplace/deauthorize", body, content_type=form).status_code


def check(path: list[str]) -> None:
    """Assert what must hold after any acts in any order."""
    forget_keys()
    connected = live()
    if connected is not None:
        deliveries = Delivery.objects.filter(installation=connected)
        texts = [delivery.message.content or "" for delivery in deliveries.open()]
        assert [TEXT in text for text in texts] == [True], path
        link = Link.objects.active().get(installation=connected)
        assert (link.member.email, connected.access_token) != (None, None), path
    if path[-1:] == ["end_purge"]:
        own = [connected.organization_id] if connected else []
        assert list(Organization.objects.values_list("pk", flat=True)) == own, path
        assert set(Installation.objects.live()) == set(Installation.objects.all()), path
        assert {d.installation_id for d in Delivery.objects.all()} <= {connected and connected.pk}
        assert not Removal.objects.open().exists(), path


def test_every_order_of_acts():
    reconnect()
    visited = walk([])

    assert visited == sum(len(ACTS) ** depth for depth in range(DEPTH + 1))


def walk(path: list[str]) -> int:
    """Check this node, and all that can follow; return how many nodes were checked."""
    check(path)
    if len(path) == DEPTH:
        return 1
    if len(path) < DEPTH - 1:
        before = live()
        assert (post(FORGED), post(OLD)) == (400, 200)
        assert live() == before, path
    return 1 + sum(branch(path, act) for act in ACTS)


def branch(path: list[str], act: Callable[[], None]) -> int:
    """Act, look at all that follows, and go back to the fork."""
    with transaction.atomic():
        forget_keys()
        act()
        visited = walk([*path, act.__name__])
        transaction.set_rollback(True)
    return visited
