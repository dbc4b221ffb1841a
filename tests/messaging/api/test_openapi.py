"""The description of the API: held against what the views really answer."""

import json
import re
from dataclasses import replace

import pytest
from django.db import OperationalError
from django.test import Client
from django.utils.timezone import now
from jsonschema import Draft202012Validator, FormatChecker

from accounts.linking.link import RemovedReason, remove_links
from accounts.models import Link
from config.rate_limits.doors import DOORS, Proven
from integrations.connections.hold import need_attention
from integrations.models import Callback
from integrations.removal.uninstall import remove_installation
from messaging.api.openapi import METHODS, document
from messaging.api.urls import urlpatterns
from messaging.ingest.eligibility import Skip
from messaging.models import DeliveryState
from tests.factories import dm_event, event, make_delivery, make_link, post_batch, post_event, sign
from tests.messaging.api.asking import ask

pytestmark = pytest.mark.django_db
ORGANIZATION = "/organizations/{org}"
LINK = f"{ORGANIZATION}/users/{{user}}/link"


def resolve(node: dict) -> dict:
    """Follow a reference into the components."""
    while "$ref" in node:
        kind, name = node["$ref"].removeprefix("#/components/").split("/")
        node = document()["components"][kind][name]
    return node


def check(value: object, schema: dict) -> None:
    whole = {**schema, "components": document()["components"]}
    Draft202012Validator(whole, format_checker=FormatChecker()).validate(value)


def described(answer, method: str, path: str) -> int:
    """Hold an answer against the description; return its status."""
    operation = document()["paths"][path][method]
    response = resolve(operation["responses"][str(answer.status_code)])
    for name, header in response.get("headers", {}).items():
        check(answer.headers[name], resolve(header)["schema"])
    if "content" in response:
        check(answer.json(), response["content"]["application/json"]["schema"])
    else:
        assert answer.content == b""
    return answer.status_code


def test_the_document_is_sound_and_every_reference_leads_somewhere():
    text = json.dumps(document())
    for name in set(re.findall(r'"\$ref": "([^"]+)"', text)):
        assert resolve({"$ref": name})
    for schema in document()["components"]["schemas"].values():
        Draft202012Validator.check_schema(schema)


def test_every_path_is_described_and_every_described_path_is_there():
    served = {"/" + re.sub(r"<str:(\w+)>", r"{\1}", str(url.pattern)) for url in urlpatterns}
    aside = {"/docs", "/openapi.json", f"{ORGANIZATION}/links:batchGet"}
    assert served - aside == set(document()["paths"])


def test_the_reasons_and_states_are_those_of_the_code():
    schemas = document()["components"]["schemas"]
    assert set(schemas["SkipReason"]["enum"]) == set(Skip)
    by = schemas["Callback"]["properties"]["data"]["properties"]["by"]
    assert set(by["enum"]) == set(RemovedReason)


def away(*_args):
    raise OperationalError


def let_one_refusal_through(monkeypatch):
    door = DOORS["v1/ovice/events"]
    assert isinstance(door, Proven)
    monkeypatch.setitem(DOORS, "v1/ovice/events", replace(door, amount=1))


def test_every_answer_to_an_event_is_described(monkeypatch):
    path = "/ovice/events"
    link = make_link()
    ping = json.dumps(event("connector.ping", "4821")).encode()
    space = event("space.created", link.organization.ovice_id, space={"id": "1"})
    answers = [
        post_event(dm_event(link), event_id="evt_1"),
        post_event(dm_event(link), event_id="evt_1"),
        post_event(dm_event(link, text="")),
        post_event(space),
        post_event(ping),
        post_event(b"{"),
        post_event(ping, headers={"x-nothing": "here"}),
        post_event(b" " * 65_537),
    ]
    monkeypatch.setattr("messaging.api.views.ingest", away)
    answers.append(post_event(ping))
    let_one_refusal_through(monkeypatch)
    answers.append(post_event(ping, headers={"x-nothing": "here"}))
    statuses = [described(answer, "post", path) for answer in answers]
    assert statuses == [202, 202, 202, 202, 204, 400, 401, 413, 503, 429]
    assert set(map(str, statuses)) == set(document()["paths"][path]["post"]["responses"])


def test_every_answer_to_a_batch_is_described(monkeypatch):
    path = "/ovice/events/batch"
    good = dm_event(make_link())
    good["data"]["event_id"] = "evt_1"
    answers = [
        post_batch([good, {}, good]),
        post_batch([good] * 501),
        post_batch([], headers=sign(b"", event_id="evt_1")),
        post_batch(b" " * (1024 * 1024 + 1)),
    ]
    monkeypatch.setattr("messaging.api.views.ingest_batch", away)
    answers.append(post_batch([good]))
    let_one_refusal_through(monkeypatch)
    answers.append(post_batch([], headers=sign(b"", event_id="evt_1")))
    statuses = [described(answer, "post", path) for answer in answers]
    assert statuses == [202, 400, 401, 413, 503, 429]
    assert set(map(str, statuses)) == set(document()["paths"][path]["post"]["responses"])


@pytest.mark.parametrize(
    ("method", "path", "concrete"),
    [
        ("get", LINK, "{org}/users/{user}/link"),
        ("delete", LINK, "{org}/users/{user}/link"),
        ("post", f"{ORGANIZATION}/links/batch-get", "{org}/links/batch-get"),
        ("get", f"{ORGANIZATION}/connection", "{org}/connection"),
    ],
)
def test_every_answer_about_links_and_connections_is_described(
    settings, monkeypatch, method, path, concrete
):
    delivery = make_delivery(state=DeliveryState.DELIVERED, settled_at=now())
    link = delivery.link
    link.account_name = "Hanako Sato"
    link.save()
    where = concrete.format(org=link.organization.ovice_id, user=link.member.ovice_id)
    body = json.dumps({"ids": [link.member.ovice_id, "nobody"]})
    verb = method.upper()
    good = ask(verb, where, body=body)
    nameless = concrete.format(org="a%20b", user="1")
    answers = [good, ask(verb, where, key="wrong"), ask(verb, nameless, body=body)]
    if method == "get":
        answers.append(ask(verb, where, **{"If-None-Match": good.headers["ETag"]}))
    if method == "post":
        answers += [ask(verb, where, body="{"), ask(verb, where, body=" " * 70_000)]
    for module in ("links", "connection"):
        monkeypatch.setattr(f"messaging.api.{module}.organization_of", away)
    answers.append(ask(verb, where, body=body))
    settings.CONNECTOR_REQUESTS_PER_MINUTE = 1
    answers.append(ask(verb, where, body=body))
    statuses = {str(described(answer, method, path)) for answer in answers}
    assert statuses == set(document()["paths"][path][method]["responses"])


def test_every_state_of_a_link_is_described():
    link = make_link()
    where = f"{link.organization.ovice_id}/users/{link.member.ovice_id}/link"
    told = []
    for reason in (None, RemovedReason.EMAIL_CHANGED):
        if reason:
            remove_links(Link.objects.all(), reason=reason)
        answer = ask("GET", where)
        described(answer, "get", LINK)
        told.append(answer.json()["status"])
    assert told == ["linked", "needs_relink"]


def test_every_callback_is_described(settings):
    settings.OVICE_CALLBACK_URL = "https://ovice.example/callback"
    link = make_link()
    need_attention(link.installation, reason="token_rejected")
    remove_installation(link.installation)
    schema = document()["components"]["schemas"]["Callback"]
    kinds = set()
    for row in Callback.objects.select_related("organization"):
        data = {"event_id": "cb_1", "organization": {"id": row.organization.ovice_id}, **row.data}
        check({"type": row.type, "timestamp": row.happened_at.isoformat(), "data": data}, schema)
        kinds.add(row.type)
    assert kinds == {"organization.attention", "organization.disconnected", "link.removed"}


def test_the_description_is_served_as_it_is_written():
    answer = Client().get("/v1/openapi.json")
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "application/json")
    assert answer.json() == document()


def test_the_page_names_every_operation_and_brings_no_script():
    answer = Client().get("/v1/docs")
    text = answer.content.decode()
    for path, item in document()["paths"].items():
        for method in METHODS:
            if method in item:
                assert f"{method.upper()} /v1{path}" in text
    assert "<script" not in text
    assert " style=" not in text
    assert "script-src 'self'" in answer.headers["Content-Security-Policy"]
