import time

import pytest

from tests.plugins.graph import Graph, error_of, proof, sign
from tests.plugins.receiver import Receiver
from tests.plugins.sandbox import Integration, Sandbox


@pytest.fixture
def strict(sandbox: Sandbox, community: str) -> Graph:
    return Graph(sandbox, sandbox.custom_integration(community, require_proof=True))


def test_a_call_without_token_is_refused(graph: Graph) -> None:
    assert error_of(graph.call("GET", "me", token="")) == (400, 2500, None)
    assert error_of(graph.call("GET", "community", token="")) == (400, 104, None)


def test_the_token_may_come_in_query_or_form_or_json(graph: Graph) -> None:
    token = {"access_token": graph.integration.access_token}
    assert graph.call("GET", "me", token="", params=token).status_code == 200
    for body in ({"data": token}, {"json": token}):
        answer = graph.call("POST", "me/subscribed_apps", token="", **body)
        assert answer.json() == {"success": True}


def test_an_unknown_token_is_refused_with_the_challenge_header(graph: Graph) -> None:
    answer = graph.call("GET", "me", token="DQVnobody")
    assert error_of(answer) == (401, 190, None)
    assert 'OAuth "Facebook Platform" "invalid_token"' in answer.headers["WWW-Authenticate"]


def test_a_token_that_cannot_be_one_says_so(graph: Graph) -> None:
    message = graph.call("GET", "me", token="nonsense").json()["error"]["message"]
    assert message == "Invalid OAuth access token - Cannot parse access token"


def test_the_status_of_a_dead_token_can_be_chosen(sandbox: Sandbox, graph: Graph) -> None:
    sandbox.behave(invalid_token_status=400)
    assert error_of(graph.call("GET", "me", token="DQVnobody")) == (400, 190, None)


def test_a_reset_token_dies_and_the_new_one_lives(sandbox: Sandbox, graph: Graph) -> None:
    new = sandbox.reset_token(graph.integration.page_id)
    assert error_of(graph.get("me")) == (401, 190, None)
    assert graph.call("GET", "me", token=new).json()["id"] == graph.integration.page_id


def test_an_uninstalled_token_has_subcode_458(sandbox: Sandbox, graph: Graph) -> None:
    sandbox.uninstall(graph.integration.page_id)
    assert error_of(graph.get("me")) == (401, 190, 458)


def test_the_error_envelope_carries_a_trace_of_eleven_characters(graph: Graph) -> None:
    answer = graph.call("GET", "me", token="DQVnobody")
    assert len(answer.json()["error"]["fbtrace_id"]) == 11
    assert {"facebook-api-version", "x-fb-trace-id", "x-fb-request-id"} <= set(answer.headers)


def test_a_call_without_the_required_proof_is_refused(strict: Graph) -> None:
    answer = strict.get("me")
    assert error_of(answer) == (400, 100, None)
    assert answer.json()["error"]["message"] == (
        "API calls from the server require an appsecret_proof argument"
    )


def test_the_expiring_proof_is_accepted_in_the_query_and_the_body(strict: Graph) -> None:
    fresh = proof(strict.integration)
    assert strict.get("me", **fresh).status_code == 200
    assert strict.call("POST", "me/subscribed_apps", json=fresh).status_code == 200


@pytest.mark.parametrize("seconds", [-295, -3, 0])
def test_a_proof_of_the_last_five_minutes_is_accepted(strict: Graph, seconds: int) -> None:
    answer = strict.get("me", **proof(strict.integration, time.time() + seconds))
    assert answer.status_code == 200


@pytest.mark.parametrize("seconds", [-3600, -302, 5, 3600])
def test_an_older_or_future_proof_is_refused(strict: Graph, seconds: int) -> None:
    answer = strict.get("me", **proof(strict.integration, time.time() + seconds))
    assert answer.json()["error"]["message"] == (
        "Invalid appsecret_proof provided in the API argument"
    )
    assert answer.json()["error"]["type"] == "GraphMethodException"


def test_a_proof_that_is_used_too_late_is_refused(sandbox: Sandbox, strict: Graph) -> None:
    kept = proof(strict.integration)
    assert strict.get("me", **kept).status_code == 200
    sandbox.advance(301)
    assert error_of(strict.get("me", **kept)) == (400, 100, None)


def test_the_classic_proof_is_refused(strict: Graph) -> None:
    integration = strict.integration
    classic = sign(integration.app_secret, integration.access_token)
    assert error_of(strict.get("me", appsecret_proof=classic)) == (400, 100, None)


def test_a_proof_for_another_token_or_secret_is_refused(strict: Graph) -> None:
    other_token = proof(strict.integration, token="DQVother")
    assert error_of(strict.get("me", **other_token)) == (400, 100, None)
    wrong = proof(strict.integration) | {"appsecret_proof": "0" * 64}
    assert error_of(strict.get("me", **wrong)) == (400, 100, None)


@pytest.mark.parametrize("signed_at", ["", "soon", "-5", "1e9", "٣" * 10, "9" * 400])
def test_a_proof_with_a_senseless_time_is_refused(strict: Graph, signed_at: str) -> None:
    message = f"{strict.integration.access_token}|{signed_at}"
    forged = {
        "appsecret_proof": sign(strict.integration.app_secret, message),
        "appsecret_time": signed_at,
    }
    assert error_of(strict.get("me", **forged)) == (400, 100, None)


def test_without_the_switch_a_wrong_proof_is_refused_and_either_kind_accepted(
    graph: Graph,
) -> None:
    integration = graph.integration
    classic = sign(integration.app_secret, integration.access_token)
    assert graph.get("me").status_code == 200
    assert graph.get("me", appsecret_proof=classic).status_code == 200
    assert graph.get("me", **proof(integration)).status_code == 200
    assert error_of(graph.get("me", appsecret_proof="0" * 64)) == (400, 100, None)


def test_a_third_party_install_always_needs_the_proof(
    sandbox: Sandbox, installed: Integration
) -> None:
    graph = Graph(sandbox, installed)
    assert error_of(graph.get("me")) == (400, 100, None)
    assert graph.get("me", **proof(installed)).json()["id"] == installed.page_id


def test_a_third_party_token_is_long(installed: Integration) -> None:
    assert len(installed.access_token) > 510


def test_an_app_token_with_a_wrong_secret_or_of_an_unknown_app_is_refused(graph: Graph) -> None:
    app_id = graph.integration.app_id
    assert error_of(graph.call("GET", "app", token=f"{app_id}|wrong")) == (400, 190, None)
    assert error_of(graph.call("GET", "app", token="1|wrong")) == (400, 101, None)


def test_an_app_token_is_no_bot(graph: Graph) -> None:
    token = f"{graph.integration.app_id}|{graph.integration.app_secret}"
    assert graph.call("GET", "app", token=token).json()["name"] == "ovice DM"
    assert error_of(graph.call("GET", "me", token=token)) == (400, 2500, None)


DAY = 86400


def test_a_custom_integration_nobody_uses_for_sixty_days_is_deactivated(
    sandbox: Sandbox, graph: Graph
) -> None:
    sandbox.advance(59 * DAY)
    assert graph.get("me").status_code == 200
    sandbox.advance(59 * DAY)
    assert graph.get("me").status_code == 200
    sandbox.advance(61 * DAY)
    assert error_of(graph.get("me")) == (401, 190, None)
    sandbox.workplace("PATCH", f"installs/{graph.integration.page_id}", {"reactivate": True})
    assert graph.get("me").status_code == 200


def test_an_integration_with_webhooks_and_a_third_party_one_stay_active(
    sandbox: Sandbox, graph: Graph, installed: Integration, receiver: Receiver
) -> None:
    values = {"callback_url": receiver.url, "verify_token": receiver.verify_token}
    sandbox.workplace("POST", f"installs/{graph.integration.page_id}/webhooks", values)
    sandbox.advance(61 * DAY)
    assert graph.get("me").status_code == 200
    now = time.time() + 61 * DAY
    assert Graph(sandbox, installed).get("me", **proof(installed, now)).status_code == 200
