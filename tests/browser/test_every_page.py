"""Every page that the URL configuration has, in the browser, as each of its people opens it.

Pages that can be found are not listed: a new page is walked without being named, and one whose
address holds something that nobody knows yet fails until a line says what.
"""

from collections.abc import Callable, Iterator, Sequence

import pytest
from django.conf import settings
from django.test import Client
from django.urls import get_resolver
from django.utils.timezone import now

from accounts.install.flow import Refusal
from accounts.models import User
from accounts.owners.audit_log import record_all
from integrations.removal.purge import purge_ready
from messaging.models import Attempt
from tests.browser.accessibility import violations
from tests.browser.focus import lost_by_keys
from tests.config.portal_pages import address, portal_routes, routes, rows_of_a
from tests.config.test_pages import addresses
from tests.factories import make_delivery, make_installation, make_link
from tests.plugins.visitor import session_of
from tests.removals import due, removed

LOOKS = ({"dark": True}, {"wide": True, "language": "ja"})
# Not for people, or not by opening an address.
MACHINES = ("v1/organizations/", "v1/ovice/", "workplace/webhook", "admin/")
# The history of one row looks like that of any other.
ONE_HISTORY = "integrations/organization/<path:object_id>/history/"
# Pages that only somebody signed in has.
OF_A_USER = {
    "workplace/install",
    "workplace/install/connected",
    "account/prove/",
    *(route for route in addresses() if route.startswith("account/second-factor/")),
}
# More rows than a page of a list has, and the lists that have that many.
FULL = 40
LONG = ("auditlog/logentry", "messaging/delivery", "messaging/attempt", "accounts/member")
PASSKEY = {
    "account/second-factor/webauthn/keys/<int:pk>/remove/",
    "account/second-factor/webauthn/keys/<int:pk>/edit/",
}


def removal_codes() -> list[str]:
    """Return the codes of a removal that waits, and of one that is done."""
    done = due(removed(make_delivery(make_link(make_installation())).installation))
    purge_ready(seconds=10)
    return [done.confirmation_code, removed(make_installation()).confirmation_code]


ARGUMENTS: dict[str, Callable[[], Sequence[str]]] = {
    "removal/<slug:code>": removal_codes,
    # The longest and the shortest of the same page.
    "workplace/install/refused/<slug:reason>": lambda: [Refusal.TAKEN, Refusal.GONE],
    "account/launch-refused/<slug:code>/": lambda: ["not_an_owner"],
}


def test_every_address_with_an_argument_is_known():
    open_ones = {route for route in routes(get_resolver()) if "<" in route}
    people = {route for route in open_ones if not route.startswith(MACHINES)}
    assert people == {*ARGUMENTS, *PASSKEY}


def public_paths() -> Iterator[str]:
    """Yield the path of every page outside the portal, and of one that does not exist."""
    yield from (f"/{route}" for route in addresses() if not route.startswith(MACHINES))
    for route, values in ARGUMENTS.items():
        yield from (f"/{route.partition('<')[0]}{value}" for value in values())
    yield "/no-such-page"


def portal_paths(portal) -> Iterator[str]:
    """Yield the path of every page of the portal, for rows of organization A."""
    rows = rows_of_a(portal)
    for route in sorted(portal_routes()):
        if not route.endswith("/history/") or route == ONE_HISTORY:
            yield address(route, portal, rows)


def pages_among(client, paths, *, statuses=frozenset({200, 400, 404, 410, 503})) -> list[str]:
    """Return the paths that answer with a page of ours instead of leading on or refusing."""
    client.raise_request_exception = False
    answers = {path: client.get(path) for path in paths}
    return [
        path
        for path, answer in answers.items()
        if answer.status_code in statuses
        and answer.get("Content-Type", "").startswith("text/html")
        and "attachment" not in answer.get("Content-Disposition", "")
    ]


@pytest.fixture
def walk(new_window, live_server):
    """Return a function that opens pages with a session's cookie, the looks taking turns."""

    def look_at(paths: list[str], session: str = "") -> dict[str, list[str]]:
        tabs = [new_window(**look) for look in LOOKS]
        if session:
            name = settings.SESSION_COOKIE_NAME
            cookie = {"name": name, "value": session, "url": live_server.url}
            for tab in tabs:
                tab.add_cookies([cookie])
        pages = [tab.new_page() for tab in tabs]
        found = {}
        for place, path in enumerate(paths):
            page = pages[place % len(pages)]
            page.goto(path)
            found[path] = [*violations(page), *lost_by_keys(page)]
        return {path: wrong for path, wrong in found.items() if wrong}

    return look_at


def test_pages_for_everybody(walk, portal):
    paths = pages_among(portal.browser("stranger"), public_paths())
    assert {"/", "/account/sign-in/", "/v1/docs", "/no-such-page"} < set(paths)
    assert walk(paths) == {}


def test_pages_of_a_member_who_is_linked(walk, portal):
    link = make_link(portal.installation_a)
    client = Client()
    session = session_of(link.member, client)
    client.cookies[settings.SESSION_COOKIE_NAME] = session
    paths = pages_among(client, (f"/{route}" for route in addresses() if "link/" in route))
    assert {"/link/", "/link/erase/"} <= set(paths)
    assert walk([*paths, f"/link/remove/?link={link.pk}"], session) == {}


def test_pages_of_an_owner(walk, portal):
    client = portal.browser("owner A")
    own = pages_among(client, portal_paths(portal), statuses={200})
    own += pages_among(client, (f"/{route}" for route in addresses() if route in OF_A_USER))
    more = ["/admin/messaging/delivery/?q=nothing", "/admin/integrations/organization/add/"]
    assert walk([*own, *more], client.session.session_key) == {}


def test_lists_of_an_owner_that_are_full(walk, portal):
    rows = [make_delivery(make_link(portal.installation_a)) for _ in range(FULL)]
    attempts = [
        Attempt(organization=portal.a, delivery=row, outcome="sent", started_at=now())
        for row in rows
    ]
    Attempt.objects.bulk_create(attempts)
    record_all(rows, "replayed", User.objects.get(email="alice@example.com"))
    client = portal.browser("owner A")
    assert walk([f"/admin/{kind}/" for kind in LONG], client.session.session_key) == {}


def test_pages_of_staff_that_owners_do_not_have(walk, portal):
    everything = list(portal_paths(portal))
    owned = pages_among(portal.browser("owner A"), everything)
    client = portal.browser("administrator")
    paths = [path for path in pages_among(client, everything, statuses={200}) if path not in owned]
    paths += pages_among(client, (f"/{route}" for route in addresses() if route in OF_A_USER))
    assert walk([*paths, "/admin/", "/admin/search/"], client.session.session_key) == {}
