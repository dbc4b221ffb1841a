"""A body that came in chunks is the same body, on every door, as gunicorn hands it over."""

import json
import socket
from collections.abc import Iterable
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.test.client import ClientHandler
from gunicorn.config import Config
from gunicorn.http.parser import RequestParser
from gunicorn.http.wsgi import create
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from config.http.chunked import Application, with_length
from config.wsgi import application
from integrations.models import InstallationKind, InstallationState
from messaging.models import ReceivedEvent
from tests.factories import event, make_installation, number, sign
from tests.integrations.workplace.signed import SECRET, uninstall_of
from tests.messaging.api.asking import KEY, KEY_HASH

pytestmark = pytest.mark.django_db
LIMIT = 1024 * 1024


@pytest.fixture(autouse=True)
def _doors(settings):
    settings.WORKPLACE_APP_SECRET = SECRET
    settings.OVICE_CONNECTOR_KEYS = [KEY_HASH]


def chunked(body: bytes, sizes: list[int]) -> bytes:
    """Return the body in chunks of these sizes, and the rest in one."""
    parts = []
    for size in sizes:
        parts.append(body[:size])
        body = body[size:]
    written = [b"%x\r\n%s\r\n" % (len(part), part) for part in [*parts, body] if part]
    return b"".join(written) + b"0\r\n\r\n"


def service(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    """Serve without ending the test's connection to the database."""
    response: Any = ClientHandler()(environ)
    start_response(f"{response.status_code} {response.reason_phrase}", list(response.items()))
    return [response.content]


LENGTHENED = with_length(service)


def call(
    path: str, sent: bytes, serving: Application = LENGTHENED, **headers: str
) -> tuple[int, Any]:
    """Send raw bytes of a chunked body through gunicorn's reader; return status and document."""
    lines = [f"POST {path} HTTP/1.1", "Host: testserver", "Transfer-Encoding: chunked"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    raw = "\r\n".join([*lines, "", ""]).encode() + sent
    cfg = Config()
    request = next(RequestParser(cfg, iter([raw]), ("127.0.0.1", 1)))
    with socket.socket() as unused:
        _, environ = create(request, unused, ("127.0.0.1", 1), ("127.0.0.1", 80), cfg)
    told: list[str] = []
    answer = b"".join(serving(environ, lambda status, _headers: told.append(status)))
    return int(told[0][:3]), json.loads(answer) if answer else None


def signed(path: str, body: bytes, sizes: list[int]) -> tuple[int, Any]:
    headers = sign(body, event_id=f"evt_{number()}")
    given = {name.replace("-", "_"): value for name, value in headers.items()}
    return call(path, chunked(body, sizes), **given)


SIZES = st.lists(st.integers(1, 200), max_size=6)


@given(sizes=SIZES)
@settings(max_examples=20, suppress_health_check=list(HealthCheck), deadline=None)
def test_an_event_in_any_chunks_is_the_same_event(sizes):
    body = json.dumps(event("space.created", "4821", space={"id": "1"})).encode()
    assert signed("/v1/ovice/events", body, sizes)[0] in (202, 204)
    batch = b'{"events":[]}'
    assert signed("/v1/ovice/events/batch", batch, sizes) == (202, {"results": []})


def test_a_request_in_chunks_is_answered():
    sent = chunked(b'{"ids":["a"]}', [3])
    status, found = call(
        "/v1/organizations/4821/links/batch-get", sent, Authorization=f"Bearer {KEY}"
    )
    assert (status, found["links"][0]["id"]) == (200, "a")


@pytest.mark.parametrize(
    ("content_type", "form"),
    [
        ("application/x-www-form-urlencoded", "signed_request={}"),
        ("application/x-www-form-urlencoded", "signed_request={}&"),
        (
            "multipart/form-data; boundary=x",
            '--x\r\nContent-Disposition: form-data; name="signed_request"\r\n\r\n{}\r\n--x--\r\n',
        ),
    ],
)
def test_an_uninstall_in_chunks_is_genuine(content_type, form):
    installation = make_installation(kind=InstallationKind.THIRD_PARTY, community_id="1000000001")
    body = form.replace("{}", uninstall_of("1000000001")).encode()
    sent = chunked(body, [10, 1])
    assert call("/workplace/deauthorize", sent, Content_Type=content_type) == (200, {})
    installation.refresh_from_db()
    assert installation.state == InstallationState.REMOVED


@pytest.mark.parametrize(
    ("path", "limit"),
    [("/v1/ovice/events", django_settings.EVENT_BODY_LIMIT), ("/v1/ovice/events/batch", LIMIT)],
)
def test_the_limit_counts_in_chunks_too(path, limit):
    ping = json.dumps({"events": [], **event("connector.ping", "4821")}).encode()
    assert signed(path, ping + b" " * (limit - len(ping)), [1000])[0] in (202, 204)
    assert signed(path, ping + b" " * (limit + 1 - len(ping)), [1000])[0] == 413


@pytest.mark.parametrize("sent", [b"zz\r\n", b"5\r\nab", b"5\r\nabcdefgh", b"-1\r\n\r\n"])
def test_broken_chunks_are_refused_and_change_nothing(sent):
    assert call("/v1/ovice/events", sent, application)[0] == 400
    assert ReceivedEvent.objects.count() == 0
