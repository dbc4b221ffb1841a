"""Checking a token: whose it is, what it may do, and that nothing is sent to find out."""

import json

import pytest

from integrations.targets.errors import ProofRejected, TokenRejected, Unavailable
from integrations.targets.port import Connection, Credentials
from integrations.workplace.target import WorkplaceTarget
from tests.integrations.workplace.conftest import credentials
from tests.integrations.workplace.wire import answer, wire


def test_a_good_token_tells_bot_community_and_install(target, integration):
    assert target.check() == Connection(
        bot_id=integration.page_id,
        bot_name="ovice DM",
        community_id=integration.community_id,
        community_name="Acme",
        install_id=integration.install_id,
        permissions=("message", "read_user_email"),
    )


@pytest.mark.parametrize("granted", [["message"], ["read_user_email"], []])
def test_missing_permissions_are_named(sandbox, integration, granted):
    bare = sandbox.custom_integration(integration.community_id, permissions=granted)

    missing = WorkplaceTarget(credentials(bare)).check().missing_permissions

    assert missing == tuple(p for p in ("message", "read_user_email") if p not in granted)


@pytest.mark.parametrize(
    ("granted", "missing"), [(["message"], ()), (["read_user_email"], ("message",))]
)
def test_a_permission_to_send_is_tried_where_none_are_listed(
    sandbox, integration, granted, missing
):
    sandbox.behave(community_needs_permission=True)
    bare = sandbox.custom_integration(integration.community_id, permissions=granted)

    assert WorkplaceTarget(credentials(bare)).check().missing_permissions == missing


@pytest.mark.parametrize(
    ("members", "missing"),
    [
        ({"data": [{"id": "1"}, {"id": "2"}]}, ("read_user_email",)),
        ({"data": [{"id": "1"}, {"id": "2", "email": "ada@example.com"}]}, ()),
        ({"data": []}, ()),
        ({"data": None}, ()),
        ([], ()),
        ({"error": {"code": 200, "message": "Requires a permission"}}, ()),
    ],
)
def test_a_permission_to_read_addresses_is_seen_by_a_few_members(settings, members, missing):
    refused = {"error": {"code": 100, "message": "The parameter recipient is required."}}
    bodies = [{"id": "7", "name": "Bot"}, {"id": "8"}, refused, members]
    with wire(*[answer(json.dumps(body).encode()) for body in bodies]) as server:
        settings.WORKPLACE_GRAPH_URL = server.url

        found = WorkplaceTarget(Credentials("example-token")).check()

    assert found == Connection("7", "Bot", community_id="8", missing_permissions=missing)


def test_a_token_is_good_without_sight_of_the_community(sandbox, target, integration):
    sandbox.behave(community_needs_permission=True)

    assert target.check() == Connection(integration.page_id, "ovice DM")


def test_a_check_sends_nothing(sandbox, target, ada):
    sandbox.behave(community_needs_permission=True)

    target.check()

    assert sandbox.chat(ada.member) == []


def test_an_unknown_token_is_rejected(integration):
    with pytest.raises(TokenRejected):
        WorkplaceTarget(Credentials("made-up")).check()


def test_no_token_is_rejected(integration):
    with pytest.raises(TokenRejected):
        WorkplaceTarget(Credentials("")).check()


def test_where_a_proof_is_required_the_secret_makes_it(sandbox, integration):
    strict = sandbox.custom_integration(integration.community_id, require_proof=True)

    checked = WorkplaceTarget(credentials(strict, signed=True)).check()

    assert checked.bot_id == strict.page_id


def test_where_a_proof_is_required_a_bare_token_or_a_wrong_secret_is_refused(sandbox, integration):
    strict = sandbox.custom_integration(integration.community_id, require_proof=True)

    for secret in ("", "wrong"):
        with pytest.raises(ProofRejected):
            WorkplaceTarget(Credentials(strict.access_token, secret)).check()


@pytest.mark.parametrize("skew_seconds", [-360, -10, 298, 400])
def test_a_clock_that_differs_too_much_is_refused(sandbox, integration, skew_seconds):
    strict = sandbox.custom_integration(integration.community_id, require_proof=True)
    sandbox.advance(skew_seconds)

    with pytest.raises(ProofRejected):
        WorkplaceTarget(credentials(strict, signed=True)).check()


@pytest.mark.parametrize("skew_seconds", [-3, 0, 290])
def test_a_clock_that_differs_a_little_does_no_harm(sandbox, integration, skew_seconds):
    strict = sandbox.custom_integration(integration.community_id, require_proof=True)
    sandbox.advance(skew_seconds)

    assert WorkplaceTarget(credentials(strict, signed=True)).check().bot_id == strict.page_id


def test_an_outage_is_no_verdict_on_the_token(sandbox, target):
    sandbox.fault("html", status=503)

    with pytest.raises(Unavailable):
        target.check()
