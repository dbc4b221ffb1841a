"""An uninstall and a reinstall, in every order in which their events can reach us.

In Workplace the uninstall always comes first: U, then the reinstall I. We see of it the notice D of
the uninstall, which may be late or repeated, and the connection C. In every order, the new
generation must be live in the end, with its links, and nothing of the old one.
"""

from datetime import timedelta
from itertools import permutations

import pytest
from django.utils.timezone import now

from accounts.linking.relink import resolve_links
from accounts.models import Link
from integrations.connections.connect import connect
from integrations.models import Installation, InstallationKind, InstallationState
from integrations.removal.uninstall import remove_installation, stop_removed, uninstall
from integrations.targets.port import Credentials
from messaging.models import DeliveryState
from tests.factories import make_delivery

pytestmark = pytest.mark.django_db

# The steps that follow an uninstall in Workplace; "stop" ends links and queue of what was removed.
NOTICE, CONNECT, STOP = "notice", "connect", "stop"
# The notice comes twice.
ORDERS = sorted(set(permutations((NOTICE, NOTICE, CONNECT, STOP))))


@pytest.fixture
def app(sandbox, settings):
    made = sandbox.app("Kotozute", redirect_uris=["http://testserver/workplace/callback"])
    settings.WORKPLACE_APP_ID, settings.WORKPLACE_APP_SECRET = made["app_id"], made["app_secret"]
    return made


@pytest.fixture
def installed(new_office, app, sandbox):
    """An office whose community has installed the app, with one member linked."""
    office = new_office()
    office.join("Hanako")
    install(office, app)
    return office


def install(office, app) -> Installation:
    made = office.sandbox.install(office.community, app["app_id"])
    installation = connect(
        office.organization,
        target="workplace",
        kind=InstallationKind.THIRD_PARTY,
        credentials=Credentials(made.access_token, of_app=True),
    )
    resolve_links(installation.pk)
    return installation


def live() -> Installation:
    return Installation.objects.live().get()


@pytest.mark.parametrize("order", ORDERS, ids=" > ".join)
def test_a_reinstall_ends_right_in_every_order(installed, app, order):
    first = live()
    installed.sandbox.uninstall(first.bot_id)
    # The platform tells of an uninstall in whole seconds, and people take more than one.
    Installation.objects.filter(pk=first.pk).update(connected_at=now() - timedelta(hours=1))
    uninstalled_at = now() - timedelta(seconds=5)
    steps = {
        NOTICE: lambda: uninstall(
            "workplace", installed.community, issued_at=uninstalled_at, digest="1"
        ),
        CONNECT: lambda: install(installed, app),
        STOP: stop_removed,
    }
    for step in order:
        steps[step]()
    stop_removed()
    second = live()
    first.refresh_from_db()
    assert (second.state, second.generation) == (InstallationState.ACTIVE, first.generation + 1)
    assert (first.state, first.access_token) == (InstallationState.REMOVED, None)
    link = Link.objects.active().get()
    assert (link.installation, link.unresolved_at) == (second, None)


def test_an_uninstall_without_a_reinstall_removes_it(installed):
    uninstall("workplace", installed.community, issued_at=now() + timedelta(seconds=1), digest="1")
    stop_removed()
    assert Installation.objects.live().count() == 0
    assert Link.objects.active().count() == 0


def test_a_waiting_message_goes_on_with_the_reinstall_unless_it_was_cancelled(installed, app):
    waiting = make_delivery(Link.objects.active().get())
    second = install(installed, app)
    waiting.refresh_from_db()
    assert (waiting.installation, waiting.state) == (second, DeliveryState.PENDING)
    remove_installation(second)
    install(installed, app)
    waiting.refresh_from_db()
    assert waiting.state == DeliveryState.CANCELLED


def test_after_the_purge_nobody_is_linked_by_a_reinstall(installed, app):
    first = live()
    remove_installation(first)
    Installation.objects.filter(pk=first.pk).update(state=InstallationState.PURGED)
    install(installed, app)
    assert Link.objects.active().count() == 0
