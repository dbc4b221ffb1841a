"""Every page of the portal, found in the URL configuration, and a row for each table."""

from collections.abc import Iterator

from auditlog.models import LogEntry
from django.db.models import Model
from django.urls import URLPattern, URLResolver, get_resolver
from django.utils.timezone import now

from accounts.models import DirectorySync, Ownership, User
from integrations.models import Callback, Space
from integrations.models.removal import Removal
from messaging.models import Attempt, Outage, ReceivedEvent
from tests.factories import make_delivery, make_link
from tests.plugins.portal import Portal

# Whose key stands in the address of a story.
_STORIES = {
    "search/message/<uuid:pk>/": "messaging/message",
    "search/member/<uuid:pk>/": "accounts/member",
    "search/removal/<uuid:pk>/": "integrations/removal",
}


def routes(resolver: URLResolver, before: str = "") -> Iterator[str]:
    """Yield the route of every page below ``resolver``."""
    for entry in resolver.url_patterns:
        route = before + str(entry.pattern).replace("^", "").replace("$", "").replace("\\Z", "")
        if isinstance(entry, URLResolver):
            yield from routes(entry, route)
        elif isinstance(entry, URLPattern):
            yield _plain(route)


def _plain(route: str) -> str:
    """Write the two routes that are regular expressions like all others."""
    if route.startswith("(?P<app_label>"):
        return "<app_label>/"
    return "<url>" if route.startswith("(?P<url>") else route


def portal_routes() -> set[str]:
    (site,) = [
        entry
        for entry in get_resolver().url_patterns
        if isinstance(entry, URLResolver) and entry.namespace == "admin"
    ]
    return set(routes(site))


def rows_of_a(portal: Portal) -> dict[str, Model]:
    """Make a row of organization A in every table."""
    link = make_link(portal.installation_a)
    delivery = make_delivery(link)
    attempt = Attempt.objects.create(
        organization=portal.a, delivery=delivery, outcome="sent", started_at=now()
    )
    event = ReceivedEvent.objects.create(
        key="evt-1", organization=portal.a, type="connector.ping", body_digest=b""
    )
    return {
        "accounts/directorysync": DirectorySync.objects.get_or_create(organization=portal.a)[0],
        "accounts/link": link,
        "accounts/member": link.member,
        "accounts/ownership": Ownership.objects.get(organization=portal.a),
        "accounts/user": User.objects.get(email="alice@example.com"),
        "auditlog/logentry": LogEntry.objects.get_for_object(portal.installation_a).earliest(),
        "integrations/callback": Callback.objects.create(
            organization=portal.a, type="link.created", data={"member": {"id": "u-1"}}
        ),
        "integrations/installation": portal.installation_a,
        "integrations/organization": portal.a,
        "integrations/removal": Removal.objects.create(
            organization=portal.a, reason="disconnected", purge_at=now(), due_at=now()
        ),
        "integrations/space": Space.objects.create(organization=portal.a, ovice_id="987"),
        "messaging/attempt": attempt,
        "messaging/delivery": delivery,
        "messaging/message": delivery.message,
        "messaging/outage": Outage.objects.create(target="workplace"),
        "messaging/receivedevent": event,
    }


def keys_of(portal: Portal) -> dict[str, str]:
    """Make organization A's rows, and return their keys by the routes in which they stand."""
    rows = rows_of_a(portal)
    stories = {route.split("<")[0]: table for route, table in _STORIES.items()}
    places = {**{f"{table}/": table for table in rows}, **stories}
    return {f"admin/{place}": str(rows[table].pk) for place, table in places.items()}


def address(route: str, portal: Portal, rows: dict[str, Model]) -> str:
    """Fill a route in with organization A's row."""
    table = _STORIES.get(route, "/".join(route.split("/")[:2]))
    row = str(rows[table].pk) if table in rows else ""
    values = {
        "<path:object_id>": row,
        "<uuid:pk>": row if route in _STORIES else str(portal.a.pk),
        "<slug:target>": "workplace",
        "<app_label>": "integrations",
        "<url>": "nothing-of-the-kind",
    }
    for place, value in values.items():
        route = route.replace(place, value)
    return f"/admin/{route}"
