"""Every order of connecting, removing and purging: no data lost of the living, none left of others.

The tree of all sequences of ``DEPTH`` acts is walked; a savepoint leads back to each fork, and
where two sequences have led to the same state, what follows is looked at once. In every state a
late, a repeated and a forged uninstall notice are tried as well, which must change nothing.
"""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import transaction
from django.db.models import Model
from django.test import Client
from django.utils.timezone import now

from accounts.models import Link
from integrations.connections import connect as install
from integrations.connections.connect import connect
from integrations.encryption.data_keys import forget_keys
from integrations.models import DataKey, Installation, InstallationKind, Organization
from integrations.models.removal import Removal
from integrations.removal import purge
from integrations.removal.uninstall import remove_installation, stop_removed
from integrations.targets.port import Connection, Credentials
from messaging.models import Delivery, Message
from tests.factories import make_delivery, make_link, make_member
from tests.integrations.workplace.signed import SECRET, sign, uninstall_of
from tests.removals import due

COMMUNITY, OVICE_ID, TEXT = "1000000001", "org-of-all-orders", "for your eyes only"
LATE = sign({"community_id": COMMUNITY, "issued_at": int(now().timestamp()) - 86_400})
FORGED = uninstall_of(COMMUNITY) + "A"
DEPTH = 4
# Tables that the acts work on.
ROWS: tuple[type[Model], ...] = (
    Organization,
    DataKey,
    Installation,
    Removal,
    Link,
    Message,
    Delivery,
)
heard: list[str] = []


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
    """Let the platform tell of an uninstall."""
    heard.append(uninstall_of(COMMUNITY, serial=len(heard)))
    assert post(heard[-1]) == 200
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
        patch.setattr("core.db.bulk_delete.Pace.rest", killed)
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
        due(removal)
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
    heard.clear()
    reconnect()
    seen: dict[object, list[str]] = {}
    walk([], seen)

    assert {path[-1] for path in seen.values() if path} == {act.__name__ for act in ACTS}
    assert max(map(len, seen.values())) == DEPTH
    assert len(seen) > 40


def walk(path: list[str], seen: dict[object, list[str]]) -> None:
    """Check this node, and all that can follow unless the same state was left behind before."""
    check(path)
    known = shape()
    if known in seen and len(seen[known]) <= len(path):
        return
    seen[known] = path
    before = rows()
    for signed, status in ((LATE, 200), (FORGED, 400), *((notice, 200) for notice in heard)):
        assert (post(signed), rows()) == (status, before), path
    if len(path) == DEPTH:
        return
    for act in ACTS:
        told = len(heard)
        with transaction.atomic():
            forget_keys()
            act()
            walk([*path, act.__name__], seen)
            transaction.set_rollback(True)
        del heard[told:]


def rows() -> list[list[tuple[object, ...]]]:
    """Return all that an act can change, but for how often a notice was repeated."""
    return [
        list(model._base_manager.order_by("pk").values_list(*columns_of(model))) for model in ROWS
    ]


def columns_of(model: type[Model]) -> list[str]:
    counted = {"repeats", "repeated_at"}
    return [f.attname for f in model._meta.concrete_fields if f.name not in counted]


def shape() -> object:
    """Return what tells a state from others whatever its ids and times: what follows is the same.

    Of a column's times and numbers only the order counts, of what is sealed only that it is there;
    of a removal that has ended there is nothing that could act.
    """
    names: dict[object, int] = {}
    return tuple(
        _shape_of(model, [list(row) for row in table], names)
        for model, table in zip(ROWS, rows(), strict=True)
    )


def _shape_of(model: type[Model], table: list[list[object]], names: dict[object, int]) -> object:
    columns = columns_of(model)
    if model is Removal:
        table = [row for row in table if row[columns.index("finished_at")] is None]
    shapes = []
    for place, column in enumerate(columns):
        values = [row[place] for row in table]
        ranks = {value: rank for rank, value in enumerate(sorted({*_ordered(values)}))}
        chosen = column in ("state", "reason", "scope")
        shapes.append(tuple(_shape(value, chosen, ranks, names) for value in values))
    return tuple(shapes)


def _ordered(values: list[object]) -> Iterator[datetime | int]:
    yield from (value for value in values if isinstance(value, datetime | int))


def _shape(value: object, chosen: bool, ranks: dict[Any, int], names: dict[object, int]) -> object:
    if isinstance(value, UUID):
        return names.setdefault(value, len(names))
    if isinstance(value, datetime):
        return ranks[value], value <= now()
    if isinstance(value, int):
        return ranks[value]
    return value if chosen else bool(value)
