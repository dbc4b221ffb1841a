"""The code of an install dialog: traded once, in time, by its own app only."""

import pytest

from integrations.targets.errors import (
    CodeRejected,
    ProofRejected,
    TargetError,
    TokenRejected,
    Unconfirmed,
)
from integrations.targets.port import Credentials
from integrations.workplace.oauth import exchange_code
from integrations.workplace.target import WorkplaceTarget

REDIRECT_URI = "https://relay.example.com/workplace/callback"


@pytest.fixture
def community(sandbox, settings):
    settings.WORKPLACE_GRAPH_URL = sandbox.graph_url
    return sandbox.community("Acme")


@pytest.fixture
def install(sandbox, community, settings):
    """A third-party app of ours, as an administrator has just installed it."""
    asked = {"name": "ovice DM", "redirect_uris": [REDIRECT_URI]}
    app = sandbox.workplace("POST", "apps", asked)
    settings.WORKPLACE_APP_ID, settings.WORKPLACE_APP_SECRET = app["app_id"], app["app_secret"]
    installs = f"communities/{community}/installs"
    return sandbox.workplace("POST", installs, {"app_id": app["app_id"]})


def refusal(code: str, redirect_uri: str = REDIRECT_URI) -> tuple[type[TargetError], str]:
    with pytest.raises(TargetError) as caught:
        exchange_code(code, redirect_uri)
    return type(caught.value), caught.value.code


def test_a_code_is_traded_for_a_token_that_works(install, settings):
    token = exchange_code(install["code"], REDIRECT_URI)

    signed = Credentials(token, settings.WORKPLACE_APP_SECRET)
    checked = WorkplaceTarget(signed).check()
    assert (checked.bot_id, checked.install_id) == (install["page_id"], install["install_id"])
    assert checked.missing_permissions == ()


def test_a_third_party_token_without_a_proof_is_refused(install):
    token = exchange_code(install["code"], REDIRECT_URI)

    with pytest.raises(ProofRejected):
        WorkplaceTarget(Credentials(token)).check()


def test_a_used_code_is_refused(install):
    exchange_code(install["code"], REDIRECT_URI)

    assert refusal(install["code"]) == (CodeRejected, "100/36009")


def test_a_code_dies_after_five_minutes(sandbox, install):
    sandbox.advance(301)

    assert refusal(install["code"]) == (CodeRejected, "100/36007")


def test_another_redirect_uri_is_refused(install):
    assert refusal(install["code"], f"{REDIRECT_URI}/") == (CodeRejected, "100/36008")


@pytest.mark.parametrize("code", ["", "made-up", "AQ" + "x" * 60, "コード"])
def test_a_made_up_code_is_refused(install, code):
    assert refusal(code)[0] is CodeRejected


def test_a_wrong_app_secret_is_refused(install, settings):
    settings.WORKPLACE_APP_SECRET = "wrong"

    assert refusal(install["code"]) == (ProofRejected, "1")


def test_an_unknown_app_is_refused(install, settings):
    settings.WORKPLACE_APP_ID = "1"

    assert refusal(install["code"]) == (TokenRejected, "101")


@pytest.mark.parametrize("kind", ["cut_after", "empty", "broken_json", "missing_field"])
def test_a_lost_answer_leaves_the_code_in_doubt(sandbox, install, kind):
    sandbox.fault(kind)

    assert refusal(install["code"])[0] is Unconfirmed


def test_an_uninstall_kills_the_token(sandbox, install, settings):
    token = exchange_code(install["code"], REDIRECT_URI)
    sandbox.workplace("DELETE", f"installs/{install['page_id']}")

    with pytest.raises(TokenRejected) as caught:
        WorkplaceTarget(Credentials(token, settings.WORKPLACE_APP_SECRET)).check()

    assert caught.value.code == "190/458"


def test_a_person_has_another_id_in_each_app(sandbox, community, install, settings):
    sandbox.member(community, "Ada Example", "ada@example.com")
    custom = sandbox.custom_integration(community)
    signed = Credentials(install["access_token"], settings.WORKPLACE_APP_SECRET)

    accounts = [
        WorkplaceTarget(one).find_account("ada@example.com")
        for one in (signed, Credentials(custom.access_token))
    ]

    assert len({account.account_id for account in accounts if account}) == 2
