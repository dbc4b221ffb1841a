"""Requests made up from the description of the API: whatever comes back is described there too."""

import io
import re
from collections.abc import Iterable
from datetime import datetime
from typing import Any

import pytest
import schemathesis
from django.test.client import ClientHandler
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode

from messaging.api.openapi import document
from tests.factories import sign
from tests.messaging.api.asking import KEY

pytestmark = pytest.mark.django_db
EXAMPLES = 25
TIMESTAMP = re.compile(r"[0-9]{1,12}")
# The whole service without its server, which would close the test's connection to the database.
SERVICE = ClientHandler()
schemathesis.checks.load_all_checks()
CHECKS = schemathesis.checks.CHECKS.get_by_names(
    [
        "not_a_server_error",
        "status_code_conformance",
        "content_type_conformance",
        "response_headers_conformance",
        "response_schema_conformance",
        "negative_data_rejection",
        "positive_data_acceptance",
    ]
)


def as_ovice(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    """Serve a request as if ovice had signed its body, or shown its key."""
    body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    # A caller with a key shows ovice's; one without shows none.
    proof = {"authorization": f"Bearer {KEY}"} if "HTTP_AUTHORIZATION" in environ else {}
    if environ["PATH_INFO"].startswith("/v1/ovice/"):
        proof = sign(body, event_id=environ.get("HTTP_WEBHOOK_ID", ""))
    given = {f"HTTP_{name.upper().replace('-', '_')}": value for name, value in proof.items()}
    # Headers are right in content where their form is as described; others stay as they came.
    if not TIMESTAMP.fullmatch(environ.get("HTTP_WEBHOOK_TIMESTAMP", "")):
        given.pop("HTTP_WEBHOOK_TIMESTAMP", None)
    if "HTTP_WEBHOOK_SIGNATURE" not in environ:
        given.pop("HTTP_WEBHOOK_SIGNATURE", None)
    given |= {"HTTP_HOST": "testserver", "SERVER_NAME": "testserver"}
    response: Any = SERVICE({**environ, **given, "wsgi.input": io.BytesIO(body)})
    start_response(f"{response.status_code} {response.reason_phrase}", list(response.items()))
    return [response.content]


schemathesis.openapi.format(
    "date-time",
    st.datetimes(datetime(2000, 1, 1), datetime(2099, 12, 31)).map(lambda at: f"{at.isoformat()}Z"),  # noqa: DTZ001 - the zone is written behind
)
api = schemathesis.openapi.from_dict(document())
api.config.generation.update(modes=list(GenerationMode))
api.app = as_ovice


@api.parametrize()
@seed(20_260_601)
@settings(
    max_examples=EXAMPLES,
    deadline=None,
    database=None,
    derandomize=True,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)
def test_the_api_keeps_to_its_description(case):
    case.call_and_validate(checks=CHECKS)
