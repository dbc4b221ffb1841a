"""No public path without a limit, and no limit that keeps out what is proven."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import URLPattern, get_resolver, path

from config.rate_limits.doors import DOORS, Pages, Proven, Unlimited, start_of
from integrations.workplace.deauthorization import deauthorize
from tests.factories import EVENTS, event, make_link, post_event
from tests.integrations.workplace import signed
from tests.messaging.api.asking import KEY_HASH, ask

FEW = 3


def routes(patterns=None, before: str = "") -> list[str]:
    """Return every route, as Django tells a middleware of it."""
    found = []
    for entry in get_resolver().url_patterns if patterns is None else patterns:
        route = before + str(entry.pattern)
        found += [route] if isinstance(entry, URLPattern) else routes(entry.url_patterns, route)
    return found


def undeclared(found: list[str]) -> list[str]:
    return [route for route in found if start_of(route) is None]


def test_every_public_path_has_a_declared_limit():
    assert undeclared(routes()) == []


@pytest.mark.parametrize("route", ["new", "v1/new", "v1/ovice/new", "linked", "abouts/"])
def test_a_new_public_path_needs_a_line_of_its_own(route):
    assert undeclared(routes([path(route, deauthorize)])) == [route]


def test_every_declared_limit_is_some_paths():
    planned = {"readyz", "metrics"}
    used = {start_of(route) for route in routes()}
    assert set(DOORS) - used <= planned


def test_only_what_watches_this_instance_is_not_counted():
    reasons = {start: door.because for start, door in DOORS.items() if isinstance(door, Unlimited)}
    assert set(reasons) == {"healthz", "readyz"}
    assert all(reasons.values())


@pytest.fixture
def _few(monkeypatch):
    """Lower every limit, so that it is met soon."""
    for start, door in DOORS.items():
        if isinstance(door, Pages):
            monkeypatch.setitem(DOORS, start, Pages(strangers=FEW, people=FEW + 2))
        elif isinstance(door, Proven):
            monkeypatch.setitem(DOORS, start, replace(door, amount=FEW))


def unsigned(address: str, **options) -> Callable[..., Any]:
    def send(network: str = "192.0.2.7"):
        return Client(REMOTE_ADDR=network).post(address, b"{}", "application/json", **options)

    return send


DOORS_OF_STRANGERS = {
    "events": (unsigned(EVENTS), 401),
    "batches": (unsigned(f"{EVENTS}/batch"), 401),
    "link states": (unsigned("/v1/organizations/1/links/batch-get"), 401),
    "webhooks of the app": (unsigned("/workplace/webhook"), 403),
    "webhooks of one integration": (unsigned(f"/workplace/webhook/{uuid4()}"), 403),
    "uninstalls": (unsigned("/workplace/deauthorize"), 400),
    "deletion requests": (unsigned("/workplace/data-deletion"), 400),
    "launches": (unsigned("/launch"), 400),
}


@pytest.mark.django_db
@pytest.mark.usefixtures("_few")
@pytest.mark.parametrize("door", DOORS_OF_STRANGERS)
def test_a_flood_of_refused_requests_is_told_to_stop(door):
    send, refused = DOORS_OF_STRANGERS[door]
    answers = [send() for _ in range(FEW + 2)]
    assert [answer.status_code for answer in answers] == [refused] * FEW + [429] * 2
    last = answers[-1]
    assert (last.headers["Retry-After"], last.headers["Cache-Control"]) == ("60", "no-store")
    assert last.headers["X-Frame-Options"] == "DENY"
    assert send("198.51.100.9").status_code == refused


@pytest.mark.usefixtures("_few")
@pytest.mark.parametrize(
    "door", sorted(set(DOORS_OF_STRANGERS) - {"webhooks of one integration", "launches"})
)
def test_a_refused_request_does_not_reach_the_database(door):
    # Without the mark django_db every query fails the test.
    send, refused = DOORS_OF_STRANGERS[door]
    assert send().status_code == refused


@pytest.mark.django_db
@pytest.mark.usefixtures("_few")
def test_signed_events_pass_in_the_middle_of_a_flood_from_the_same_network():
    ping = json.dumps(event("connector.ping", "4821")).encode()
    for _ in range(FEW + 2):
        post_event(ping, headers={"x-nothing": "here"})
    assert [post_event(ping).status_code for _ in range(FEW + 2)] == [204] * (FEW + 2)


@pytest.mark.django_db
@pytest.mark.usefixtures("_few")
def test_a_signed_request_is_never_counted_even_when_it_is_malformed():
    assert {post_event(b"{").status_code for _ in range(FEW + 2)} == {400}


@pytest.mark.django_db
@pytest.mark.usefixtures("_few")
def test_an_uninstall_passes_in_the_middle_of_a_flood(settings):
    settings.WORKPLACE_APP_SECRET = signed.SECRET
    flood = [unsigned("/workplace/deauthorize")() for _ in range(FEW + 2)]
    assert flood[-1].status_code == 429
    body = f"signed_request={signed.uninstall_of('777')}"
    kind = "application/x-www-form-urlencoded"
    answer = Client(REMOTE_ADDR="192.0.2.7").post("/workplace/deauthorize", body, kind)
    assert answer.status_code == 200


@pytest.mark.django_db
@pytest.mark.usefixtures("_few")
def test_a_member_gets_in_in_the_middle_of_a_flood_of_launches_from_their_network(launching):
    flood = [unsigned("/launch")() for _ in range(FEW + 2)]
    assert flood[-1].status_code == 429
    browsers = [Client(REMOTE_ADDR="192.0.2.7") for _ in range(FEW)]
    answers = [browser.post("/launch", {"token": launching.token()}) for browser in browsers]
    assert {(answer.status_code, answer.headers.get("Location")) for answer in answers} == {
        (303, "/link/")
    }


@pytest.mark.django_db
@pytest.mark.usefixtures("_few")
def test_one_launch_used_again_and_again_is_told_to_stop(launching):
    token = launching.token()
    answers = [Client().post("/launch", {"token": token}).status_code for _ in range(FEW + 2)]
    assert answers[0] == 303
    assert answers[1:] == [400] * FEW + [429]


@pytest.mark.django_db
@pytest.mark.usefixtures("_few")
def test_a_good_key_is_answered_in_the_middle_of_guesses(settings):
    settings.OVICE_CONNECTOR_KEYS = [KEY_HASH]
    link = make_link()
    where = f"{link.organization.ovice_id}/connection"
    guesses = [ask("GET", where, key="wrong").status_code for _ in range(FEW + 2)]
    assert guesses == [401] * FEW + [429] * 2
    assert ask("GET", where).status_code == 200


@pytest.mark.django_db
@pytest.mark.usefixtures("_few")
@pytest.mark.parametrize(
    "page",
    [
        "/",
        "/terms/",
        "/v1/docs",
        "/v1/openapi.json",
        "/link/",
        "/workplace/install",
        "/removal/code",
        "/account/sign-in/",
        "/admin/",
        "/admin/login/",
        "/language",
    ],
)
def test_a_flood_of_pages_is_told_to_stop(page):
    answers = [Client().get(page) for _ in range(FEW + 1)]
    assert 429 not in {answer.status_code for answer in answers[:FEW]}
    assert answers[-1].status_code == 429
    assert "Too many requests" in answers[-1].content.decode()


@pytest.mark.django_db
@pytest.mark.usefixtures("_few")
def test_a_form_without_its_token_counts_as_well():
    answers = [Client(enforce_csrf_checks=True).post("/account/sign-in/") for _ in range(FEW + 1)]
    assert [answer.status_code for answer in answers] == [403] * FEW + [429]


@pytest.mark.django_db
@pytest.mark.usefixtures("_few")
def test_people_behind_one_address_do_not_share_a_limit(visitor):
    members = [make_link().member for _ in range(3)]
    statuses = [visitor(member).get("/link/").status_code for member in members for _ in range(4)]
    assert set(statuses) == {200}


@pytest.mark.django_db
@pytest.mark.usefixtures("_few")
def test_one_person_has_a_limit_too(portal):
    owner = portal.browser("owner A")
    assert [owner.get("/admin/").status_code for _ in range(FEW + 3)] == [200] * (FEW + 2) + [429]


@pytest.mark.django_db
@pytest.mark.usefixtures("_few")
def test_a_get_with_a_bad_token_counts_although_it_leads_on():
    answers = [Client().get("/launch", {"token": "bad"}) for _ in range(FEW + 1)]
    assert [answer.status_code for answer in answers] == [303] * FEW + [429]


@pytest.mark.django_db
def test_with_the_counters_away_pages_and_refusals_are_served_as_before(settings):
    settings.CACHES = {
        "default": {
            "BACKEND": "django.core.cache.backends.redis.RedisCache",
            "LOCATION": "redis://127.0.0.1:9/0",
        }
    }
    assert Client().get("/").status_code == 200
    assert unsigned(EVENTS)().status_code == 401
