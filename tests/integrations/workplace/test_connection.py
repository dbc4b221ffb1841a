"""Checking a token: whose it is, what it may do, and that nothing is sent to find out."""

import pytest

from integrations.errors import ProofRejected, TokenRejected, Unavailable
from integrations.targets import Connection, Credentials
from integrations.workplace.target import WorkplaceTarget
from tests.integrations.workplace.conftest import credentials


def test_a_good_token_tells_bot_community_and_install(target, integration):
    assert target.check() == Connection(
        bot_id=integration.page_id,
        bot_name="ovice DM",
        community_id=integration.community_id,
        community_name="Acme",
        install_id=integration.install_id,
    )


@pytest.mark.parametrize("granted", [["message"], ["read_user_email"], []])
@pytest.mark.parametrize("community_is_closed", [False, True])
def test_missing_permissions_are_named(sandbox, integration, granted, community_is_closed):
    sandbox.behave(community_needs_permission=community_is_closed)
    sandbox.member(integration.community_id, "Ada Example")
    bare = sandbox.custom_integration(integration.community_id, permissions=granted)

    missing = WorkplaceTarget(credentials(bare)).check().missing_permissions

    assert missing == tuple(name for name in ("message", "read_user_email") if name not in granted)


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
