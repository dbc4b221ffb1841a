"""The vectors of the platform's documentation, computed by others."""

import pytest

from sandbox.workplace import proof
from sandbox.workplace.errors import GraphError
from sandbox.workplace.records import App, Community, Install, Kind
from sandbox.workplace.signing import signed_request, webhook_headers

SECRET = "example-app-secret"
TOKEN = "DQVexampletoken"
EXPIRING = "7686c4d5d98b19e701091d8a86df9b5cd3cb2575f545de8da6f5651a8d8eca92"
CLASSIC = "611ce3c3b07c1e1c309af7ed132e57e197a406a6d1e6e57ba6cdeace403339ed"
PAYLOAD = {
    "algorithm": "HMAC-SHA256",
    "issued_at": 1700000000,
    "community_id": "1000000001",
    "user_id": "2000000002",
}
PART = (
    "eyJhbGdvcml0aG0iOiJITUFDLVNIQTI1NiIsImlzc3VlZF9hdCI6MTcwMDAwMDAwMCwiY29tbXVuaXR5X2lkIjoi"
    "MTAwMDAwMDAwMSIsInVzZXJfaWQiOiIyMDAwMDAwMDAyIn0"
)
WORKPLACE = "YWE4MjEwM2JjMmZkNDAzZTYyMzU0ZTdiMzgwOThmMzg3N2U3MWIzZDE3NTcxODQ3YWEyMWM4ODZhMGQ4MGU2ZA"
CONSUMER = "qoIQO8L9QD5iNU57OAmPOHfnGz0XVxhHqiHIhqDYDm0"


def install(*, require_proof: bool) -> Install:
    app = App("1", SECRET, "ovice", Kind.CUSTOM)
    return Install(
        "4", app, Community("10", "Acme"), "5", "ovice", TOKEN, [], require_proof, 0.0, 0.0
    )


def test_the_webhook_signatures_match_the_vectors() -> None:
    assert webhook_headers(SECRET, b'{"object":"page","entry":[]}') == {
        "X-Hub-Signature": "sha1=7001c311d9bcd66bd5ce5900188f158c06f64702",
        "X-Hub-Signature-256": "sha256="
        "ad8be1d70c23fcbf13161e2bdec3804c9dc74496ff7ef30b79d9ac1c3a791649",
    }


@pytest.mark.parametrize(("encoding", "sig"), [("workplace", WORKPLACE), ("consumer", CONSUMER)])
def test_the_signed_request_matches_the_vectors(encoding: str, sig: str) -> None:
    assert signed_request(SECRET, PAYLOAD, encoding) == f"{sig}.{PART}"


def test_the_expiring_proof_of_the_vector_is_accepted() -> None:
    params = {"appsecret_proof": EXPIRING, "appsecret_time": "1700000000"}
    proof.check(install(require_proof=True), params, 1700000300.0, 2.0)


def test_the_classic_proof_of_the_vector_is_accepted_only_where_none_is_required() -> None:
    proof.check(install(require_proof=False), {"appsecret_proof": CLASSIC}, 0.0, 2.0)
    with pytest.raises(GraphError):
        proof.check(install(require_proof=True), {"appsecret_proof": CLASSIC}, 0.0, 2.0)
