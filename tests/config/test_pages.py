"""Promises of every page to a browser, walked over every address that takes no argument."""

from typing import Any

import pytest
from django.test import Client
from django.urls import URLPattern, get_resolver

from tests.factories import make_member, make_organization

pytestmark = pytest.mark.django_db
# These belong to somebody: whoever opens the browser next must not find them.
PERSONAL = ("account/", "admin/", "link/", "launch", "workplace/install")


def addresses(patterns=None, prefix: str = "") -> list[str]:
    found = []
    for entry in get_resolver().url_patterns if patterns is None else patterns:
        route = prefix + str(entry.pattern).removeprefix("^").removesuffix("$")
        if isinstance(entry, URLPattern):
            found += [] if set(route) & set("<(?") else [route]
        else:
            found += addresses(entry.url_patterns, route)
    return found


def answers(client: Client) -> dict[str, Any]:
    return {route: client.get(f"/{route}") for route in addresses()}


@pytest.mark.parametrize("who", ["a stranger", "an owner"])
def test_every_page_has_a_strict_policy(who, portal):
    client = Client() if who == "a stranger" else portal.browser("owner A")
    for route, answer in answers(client).items():
        policy = answer["Content-Security-Policy"]
        assert "default-src 'none'" in policy, route
        assert "unsafe" not in policy, route
        assert answer["Referrer-Policy"] in ("same-origin", "no-referrer"), route
        assert answer["X-Frame-Options"] == "DENY", route
        assert answer["X-Content-Type-Options"] == "nosniff", route


@pytest.mark.parametrize("who", ["a stranger", "an owner", "a member"])
def test_a_personal_page_is_not_stored(who, portal, visitor):
    browsers = {
        "a stranger": Client,
        "an owner": lambda: portal.browser("owner A"),
        "a member": lambda: visitor(make_member(portal.a)),
    }
    client = browsers[who]()
    kept = [
        route
        for route, answer in answers(client).items()
        if route.startswith(PERSONAL) and answer.status_code == 200
        if not {"no-store", "private"} & set(answer.get("Cache-Control", "").split(", "))
    ]
    assert kept == []


def test_no_page_shows_another_persons_name(portal):
    make_member(make_organization(), name="Hanako Canary")
    pages = answers(Client()).values()
    assert all(b"Canary" not in answer.getvalue() for answer in pages)
