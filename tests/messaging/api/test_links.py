"""Link states as ovice's settings page reads them."""

import hashlib
import json
from datetime import UTC, datetime, timedelta
from urllib.parse import quote

import pytest
from django.db import OperationalError, connection
from django.test.utils import CaptureQueriesContext
from django.utils.timezone import now
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from redis.exceptions import ConnectionError as RedisConnectionError

from accounts.linking.link import RemovedReason, remove_links
from accounts.linking.verify import need_attention
from accounts.models import Link, Member, Role
from integrations.connections import pause
from integrations.models import Installation, InstallationState, Organization
from messaging.models import DeliveryState
from tests.factories import (
    make_delivery,
    make_installation,
    make_link,
    make_member,
    make_organization,
)
from tests.messaging.api.asking import KEY, ask

pytestmark = pytest.mark.django_db
LINKED_AT = datetime(2026, 1, 2, 3, 4, 5, 678900, UTC)
UNAVAILABLE, UNLINKED = {"status": "unavailable"}, {"status": "unlinked"}


def path_of(link: Link) -> str:
    return f"{link.organization.ovice_id}/users/{link.member.ovice_id}/link"


def state_of(link: Link) -> dict:
    answer = ask("GET", path_of(link))
    assert answer.status_code == 200
    return answer.json()


def named_link(**fields) -> Link:
    link = make_link(linked_at=LINKED_AT, **fields)
    link.account_name = "Hanako Sato"
    link.save()
    return link


LINKED = {
    "status": "linked",
    "linked_at": "2026-01-02T03:04:05.678Z",
    "workplace_name": "Hanako Sato",
}


def test_a_linked_member_is_linked_by_name():
    assert state_of(named_link()) == LINKED


def test_the_last_delivery_is_told():
    link = named_link()
    for hour in (1, 3, 2):
        settled_at = LINKED_AT + timedelta(hours=hour)
        make_delivery(link, state=DeliveryState.DELIVERED, settled_at=settled_at)
    make_delivery(link, state=DeliveryState.FAILED, settled_at=now())
    assert state_of(link) == LINKED | {"last_delivered_at": "2026-01-02T06:04:05.678Z"}


def test_a_member_who_never_linked_is_unlinked():
    member = make_member(make_installation().organization)
    answer = ask("GET", f"{member.organization.ovice_id}/users/{member.ovice_id}/link")
    assert answer.json() == UNLINKED


def test_a_link_that_its_member_ended_leaves_no_hint():
    link = make_link()
    remove_links(Link.objects.all(), reason=RemovedReason.USER)
    assert state_of(link) == UNLINKED


@pytest.mark.parametrize(
    "reason", [reason for reason in RemovedReason if reason != RemovedReason.USER]
)
def test_a_link_that_was_lost_needs_another(reason):
    link = make_link()
    remove_links(Link.objects.all(), reason=reason)
    assert state_of(link) == {"status": "needs_relink", "reason": reason}


def test_a_link_that_was_lost_and_made_again_is_linked():
    link = make_link()
    remove_links(Link.objects.all(), reason=RemovedReason.EMAIL_CHANGED)
    make_link(link.installation, link.member, linked_at=now())
    assert state_of(link)["status"] == "linked"


def test_a_link_whose_account_takes_nothing_needs_its_member():
    link = named_link()
    need_attention(link, reason="recipient_refused")
    assert state_of(link) == LINKED | {"status": "needs_relink", "reason": "recipient_refused"}


def test_a_paused_organization_says_so_to_those_who_are_linked():
    link = named_link()
    pause.pause(link.organization)
    assert state_of(link) == LINKED | {"status": "paused", "reason": "org_paused"}


def test_a_connection_that_needs_attention_pauses_its_links():
    link = named_link()
    Installation.objects.update(state=InstallationState.ATTENTION)
    assert state_of(link) == LINKED | {"status": "paused", "reason": "org_attention"}


@pytest.mark.parametrize(
    ("model", "values"),
    [
        (Organization, {"feature_enabled": False}),
        (Organization, {"removed_at": LINKED_AT}),
        (Installation, {"state": InstallationState.REMOVED}),
        (Installation, {"state": InstallationState.PENDING}),
        (Member, {"removed_at": LINKED_AT}),
        (Member, {"role": Role.GUEST}),
        (Member, {"role": Role.VISITOR}),
        (Member, {"ovice_id": "somebody-else"}),
        (Organization, {"ovice_id": "another"}),
    ],
    ids=lambda value: str(value) if isinstance(value, dict) else "",
)
def test_a_hidden_member_looks_like_one_that_does_not_exist(model, values):
    link = named_link()
    path = path_of(link)
    model.objects.update(**values)
    assert ask("GET", path).json() == UNAVAILABLE
    assert ask("GET", "never-heard-of/users/nobody/link").json() == UNAVAILABLE


def test_a_member_of_one_organization_is_a_stranger_in_another():
    mine, other = named_link(), make_installation()
    assert ask(
        "GET", f"{other.organization.ovice_id}/users/{mine.member.ovice_id}/link"
    ).json() == (UNAVAILABLE)


def test_an_answer_may_be_kept_for_a_moment_by_ovice_alone():
    link = named_link()
    answer = ask("GET", path_of(link))
    assert answer.headers["Cache-Control"] == "private, max-age=30"
    assert "Authorization" in answer.headers["Vary"]
    again = ask("GET", path_of(link), **{"If-None-Match": answer.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["ETag"] == answer.headers["ETag"]


def test_an_answer_that_changed_is_told_anew():
    link = named_link()
    etag = ask("GET", path_of(link)).headers["ETag"]
    remove_links(Link.objects.all(), reason=RemovedReason.USER)
    answer = ask("GET", path_of(link), **{"If-None-Match": etag})
    assert (answer.status_code, answer.json()) == (200, UNLINKED)


def many(organization: Organization, ids: list[str], spelling: str = "links/batch-get"):
    body = json.dumps({"ids": ids})
    return ask("POST", f"{organization.ovice_id}/{spelling}", body=body)


@pytest.mark.parametrize("spelling", ["links/batch-get", "links:batchGet"])
def test_many_are_told_in_the_order_in_which_they_were_named(spelling):
    link = named_link()
    other = make_member(link.organization)
    ids = [other.ovice_id, "nobody", link.member.ovice_id, other.ovice_id]
    assert many(link.organization, ids, spelling).json() == {
        "links": [
            {"id": other.ovice_id, **UNLINKED},
            {"id": "nobody", **UNAVAILABLE},
            {"id": link.member.ovice_id, **LINKED},
            {"id": other.ovice_id, **UNLINKED},
        ]
    }


def test_two_hundred_cost_as_many_statements_as_two():
    installation = make_installation()
    ids = [make_link(installation).member.ovice_id for _ in range(200)]
    counts = []
    many(installation.organization, ids[:1])
    for number in (2, 200):
        with CaptureQueriesContext(connection) as captured:
            answer = many(installation.organization, ids[:number])
        counts.append(len(captured))
        assert {link["status"] for link in answer.json()["links"]} == {"linked"}
    assert counts == [5, 5]


def test_more_than_two_hundred_are_too_many():
    organization = make_installation().organization
    assert many(organization, ["1"] * 200).status_code == 200
    answer = many(organization, ["1"] * 201)
    assert answer.status_code == 400
    assert answer.json() == {"error": "Expected `array` of length <= 200 - at `$.ids`"}


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ("", 400),
        ("[]", 400),
        ("{}", 400),
        ('{"ids": [1]}', 400),
        ('{"ids": ["a b"]}', 400),
        (r'{"\ud800": 1, "ids": []}', 400),
        (r'{"ids": ["a\udfffb"]}', 400),
        ('{"ids": ["\\ud800"]}', 400),
        ("[" * 60_000, 400),
        (b"\xff", 400),
        (" " * 70_000, 413),
    ],
)
def test_a_body_that_is_no_list_of_ids_is_refused(body, status):
    answer = ask("POST", "4821/links/batch-get", body=body)
    assert answer.status_code == status
    assert list(answer.json()) == ["error"]


def test_ending_a_link_ends_it_and_what_waits_for_it():
    delivery = make_delivery()
    answer = ask("DELETE", path_of(delivery.link))
    assert (answer.status_code, answer.content) == (204, b"")
    delivery.refresh_from_db()
    delivery.link.refresh_from_db()
    assert delivery.state == DeliveryState.CANCELLED
    assert delivery.link.removed_reason == "user"


def test_ending_a_link_twice_or_of_nobody_changes_nothing():
    link = make_link()
    for path in (path_of(link), path_of(link), "nobody/users/nothing/link"):
        assert ask("DELETE", path).status_code == 204
    assert Link.objects.active().count() == 0


def test_a_link_is_not_ended_through_another_organization():
    link, other = make_link(), make_organization()
    ask("DELETE", f"{other.ovice_id}/users/{link.member.ovice_id}/link")
    assert Link.objects.active().count() == 1


PATHS = [
    ("GET", "4821/users/1/link"),
    ("DELETE", "4821/users/1/link"),
    ("POST", "4821/links/batch-get"),
    ("GET", "4821/connection"),
]
AUTHORIZATIONS = ["", KEY, "Bearer", "Bearer ", "Bearer wrong", f"Basic {KEY}", f"Bearer {KEY} x"]


@pytest.mark.parametrize(("method", "path"), PATHS)
@pytest.mark.parametrize("authorization", AUTHORIZATIONS)
def test_every_refusal_of_a_key_looks_the_same(method, path, authorization):
    answer = ask(method, path, Authorization=authorization)
    assert (answer.status_code, answer.json()) == (401, {"error": "unauthorized"})
    assert answer.headers["WWW-Authenticate"] == "Bearer"


def test_without_keys_nobody_is_answered(settings):
    settings.OVICE_CONNECTOR_KEYS = []
    assert ask("GET", "4821/connection").status_code == 401


def test_two_keys_may_be_active_and_a_retired_one_is_refused(settings):
    settings.OVICE_CONNECTOR_KEYS.append(hashlib.sha256(b"next").hexdigest())
    assert ask("GET", "4821/connection", key="next").status_code == 200
    assert ask("GET", "4821/connection").status_code == 200
    del settings.OVICE_CONNECTOR_KEYS[0]
    assert ask("GET", "4821/connection").status_code == 401


def test_a_key_may_ask_only_so_often(settings, time_machine):
    time_machine.move_to("2026-01-02T03:04:20Z", tick=False)
    settings.CONNECTOR_REQUESTS_PER_MINUTE = 2
    statuses = [ask("GET", "4821/connection").status_code for _ in range(3)]
    assert statuses == [200, 200, 429]
    assert ask("GET", "4821/connection").headers["Retry-After"] == "40"
    time_machine.move_to("2026-01-02T03:05:00Z", tick=False)
    assert ask("GET", "4821/connection").status_code == 200


def test_without_the_counters_ovice_is_still_answered(monkeypatch):
    def away(*_, **__):
        raise RedisConnectionError

    monkeypatch.setattr("messaging.api.auth.cache.add", away)
    assert ask("GET", "4821/connection").status_code == 200


def test_a_database_that_is_away_asks_for_patience(monkeypatch):
    def away(*_):
        raise OperationalError("could not connect")

    monkeypatch.setattr("messaging.api.links.link_states", away)
    answer = ask("GET", "4821/users/1/link")
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "30")


@pytest.mark.parametrize(
    ("method", "path"),
    [("POST", "1/users/1/link"), ("GET", "1/links/batch-get"), ("DELETE", "1/connection")],
)
def test_no_other_method_is_understood(method, path):
    assert ask(method, path).status_code == 405


@hypothesis_settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(org=st.text(min_size=1), user=st.text(min_size=1))
def test_no_address_is_too_strange_to_be_answered(org, user):
    org, user = (quote(text.encode("utf-8", "replace")) for text in (org, user))
    path = f"{org}/users/{user}/link"
    answer = ask("GET", path)
    assert answer.status_code in (200, 400, 404)
    if answer.status_code == 200:
        assert answer.json() == UNAVAILABLE


@pytest.mark.parametrize("name", ["a%20b", "x" * 65, "%00", "a%7Fb", "%E3%81%82" * 65])
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "{}/connection"),
        ("GET", "{}/users/1/link"),
        ("GET", "1/users/{}/link"),
        ("DELETE", "1/users/{}/link"),
        ("POST", "{}/links/batch-get"),
    ],
)
def test_an_address_that_holds_no_identifier_is_refused(method, path, name):
    answer = ask(method, path.format(name), body=b'{"ids":[]}')
    assert (answer.status_code, list(answer.json())) == (400, ["error"])
    assert ask(method, path.format("x" * 64), body=b'{"ids":[]}').status_code in (200, 204)
