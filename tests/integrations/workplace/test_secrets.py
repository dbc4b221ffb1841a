"""Nothing secret or private leaves by a log line, an exception, a traceback or a repr."""

import json
import logging
import re
import traceback

import pytest

from integrations.targets.errors import TargetError
from integrations.targets.port import Credentials, Notice, open_target
from integrations.workplace import client as client_module
from integrations.workplace.oauth import exchange_code
from integrations.workplace.request import Answer, Call
from tests.integrations.workplace.wire import answer, wire

TOKEN, SECRET, ADDRESS = "canary-token-5e1f", "canary-secret-77ab", "canary.person@example.com"
TEXT, CODE = "canary text of a message", "canary-code-1c9d"
CANARY = re.compile(r"canary|[0-9a-f]{64}|appsecret|%40", re.IGNORECASE)


def envelope(code: int) -> bytes:
    """Return a refusal that repeats everything we sent, as careless platforms do."""
    echoed = f"{TOKEN} {SECRET} {ADDRESS} {TEXT} {CODE}"
    error = {"code": code, "message": echoed, "error_user_msg": echoed, "fbtrace_id": echoed}
    return answer(json.dumps({"error": error}).encode(), status=b"400 Bad Request")


ANSWERS = {
    "cut": b"",
    "cut in the headers": b"HTTP/1.1 200 OK\r\nContent-Le",
    "not HTTP": TOKEN.encode() * 9,
    "headers that make the library complain": answer(b"{}", b"canary: 1", b" canary-token", b"="),
    "a page": answer(b"<html>" + TEXT.encode(), status=b"502 Bad Gateway"),
    "broken JSON": answer(b'{"id":"' + ADDRESS.encode()),
    "a redirect": answer(b"", b"Location: /canary-token", status=b"302 Found"),
    "a transfer that breaks": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\ncanary",
    **{f"code {code}": envelope(code) for code in (1, 4, 100, 190, 200, 368, 551, 803, 4242)},
}


def traces_of(action) -> str:
    """Run an action and return all that its failure shows."""
    try:
        result = action()
    except TargetError as error:
        shown = [str(error), repr(error), repr(error.args), repr(vars(error))]
        return "\n".join([traceback.format_exc(), *shown, repr(error.__context__)])
    return repr(result) if result is None else ""


@pytest.fixture
def journeys(settings):
    settings.WORKPLACE_APP_ID, settings.WORKPLACE_APP_SECRET = "4242", SECRET
    target = open_target("workplace", Credentials(TOKEN, SECRET))
    return [
        target.check,
        lambda: target.find_account(ADDRESS),
        lambda: target.send("100", TEXT, reference="reference"),
        lambda: exchange_code(CODE, "https://relay.example.com/callback"),
    ]


@pytest.mark.parametrize("case", ANSWERS)
def test_a_failing_call_shows_nothing(case, journeys, settings, caplog):
    client_module._session.cache_clear()
    client_module._session()
    caplog.set_level(logging.DEBUG)
    with wire(*[ANSWERS[case]] * 16) as server:
        settings.WORKPLACE_GRAPH_URL = server.url
        shown = [traces_of(journey) for journey in journeys]

    assert len(server.requests) >= len(journeys)
    assert CANARY.findall("\n".join([caplog.text, *shown])) == []


def test_an_unreachable_platform_shows_nothing(journeys, settings, caplog):
    caplog.set_level(logging.DEBUG)
    settings.WORKPLACE_GRAPH_URL = "http://127.0.0.1:9"

    shown = [traces_of(journey) for journey in journeys]

    assert CANARY.findall("\n".join([caplog.text, *shown])) == []


def test_a_token_that_no_header_can_carry_shows_nothing(settings):
    target = open_target("workplace", Credentials(f"{TOKEN}…\n", SECRET))

    assert CANARY.findall(traces_of(target.check)) == []


def test_a_holder_of_secrets_does_not_show_them():
    call = Call("find_member", "GET", (ADDRESS,), {"code": CODE}, {"text": TEXT})
    things = [
        Credentials(TOKEN, SECRET),
        Notice("Headline", TEXT),
        call,
        Answer({"access_token": TOKEN}),
        open_target("workplace", Credentials(TOKEN, SECRET)),
    ]

    assert CANARY.findall(" ".join(map(repr, things))) == []
