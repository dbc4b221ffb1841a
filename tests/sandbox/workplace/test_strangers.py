"""A client library of the real Graph API, told nothing but where the sandbox is."""

import json
from typing import Any

import facebook
import pytest

from tests.plugins.graph import Graph
from tests.plugins.sandbox import Sandbox


@pytest.fixture
def stranger(graph: Graph, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr(facebook, "FACEBOOK_GRAPH_URL", f"{graph.sandbox.graph_url}/")
    return facebook.GraphAPI(graph.integration.access_token, version="3.1")


def test_the_stranger_reads_objects_singly_and_together(stranger: Any, graph: Graph) -> None:
    page = {"id": graph.integration.page_id, "name": "ovice DM"}
    assert stranger.get_object("me") == page
    assert stranger.get_objects(["me", "app"])["me"] == page


def test_the_stranger_follows_pages_to_the_end(
    sandbox: Sandbox, stranger: Any, community: str
) -> None:
    people = [{"name": f"P {n}", "email": f"p{n}@example.com"} for n in range(30)]
    sandbox.members(community, people)
    found = list(stranger.get_all_connections("community", "members", fields="email", limit=7))
    assert [member["email"] for member in found] == [person["email"] for person in people]


def test_the_stranger_sends_a_text_and_a_file(
    sandbox: Sandbox, stranger: Any, graph: Graph, hanako: str
) -> None:
    recipient = json.dumps({"id": graph.id_of("hanako@example.com")})
    text = {"recipient": recipient, "message": '{"text":"Hello"}'}
    stranger.put_object("me", "messages", **text)
    file = {"recipient": recipient, "message": '{"attachment":{"type":"file","payload":{}}}'}
    files = {"filedata": ("a.txt", b"a")}
    stranger.request("v3.1/me/messages", post_args=file, files=files, method="POST")
    assert sandbox.texts(hanako) == ["Hello", ""]


def test_the_stranger_gets_the_apps_token_and_asks_about_its_own(
    stranger: Any, graph: Graph
) -> None:
    app = (graph.integration.app_id, graph.integration.app_secret)
    assert stranger.get_app_access_token(*app) == "|".join(app)
    explained = stranger.debug_access_token(graph.integration.access_token, *app)["data"]
    assert (explained["is_valid"], explained["app_id"]) == (True, app[0])
