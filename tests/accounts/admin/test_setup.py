"""An owner connects, looks after and ends a connection; every finding is in words to act on."""

import pytest
from django.urls import reverse

from accounts.install.connect import latest_generation, live_installation
from accounts.models import Link
from integrations.connections.connect import OtherCommunityError
from integrations.models import Installation
from integrations.targets.port import Connection
from tests.factories import make_installation, make_link, make_organization
from tests.plugins.portal import make_owner, sign_in


@pytest.fixture
def setup(sandbox, settings, db):
    """An owner of an organization that is not connected yet, with a community of its own."""
    settings.WORKPLACE_GRAPH_URL = sandbox.graph_url
    return Setup(sandbox)


class Setup:
    def __init__(self, sandbox):
        self.sandbox = sandbox
        self.community = sandbox.community("Acme")
        self.organization = make_organization()
        self.owner = make_owner(self.organization, "alice@example.com")
        self.browser = sign_in(self.owner)

    def url(self, page="connection"):
        pk = self.organization.pk
        args = [pk] if page in ("setup", "stored", "pause", "resume") else [pk, "workplace"]
        return reverse(f"admin:integrations_organization_{page}", args=args)

    def save(self, token, secret="", *, browser=None, language="en", **more):
        data = {"access_token": token, "app_secret": secret, "seen_generation": 0, **more}
        return (browser or self.browser).post(
            self.url(), data, headers={"accept-language": language}
        )

    def live(self):
        return live_installation(self.organization, "workplace")


def texts(answer):
    """Return what was found, and what to do about it."""
    return [(finding.text, finding.remedy) for finding in answer.context["findings"]]


def test_a_pasted_token_connects(setup):
    made = setup.sandbox.custom_integration(setup.community)
    answer = setup.save(f"\n  {made.access_token} \r\n")
    assert (answer.status_code, answer["Location"]) == (302, setup.url())
    assert setup.live().access_token == made.access_token
    page = setup.browser.get(setup.url()).content.decode()
    assert "Acme" in page
    assert f"•••• {made.access_token[-4:]}" in page
    assert made.access_token not in page


DEAD = {"state": "attention", "attention_reason": "token_rejected"}
NEW_TOKEN = "Create a new access token in Workplace and paste it here."


@pytest.mark.parametrize(
    ("token", "text"),
    [
        ("DQVnonsense", "Workplace does not accept this access token."),
        ("アクセストークン", "This is not an access token:"),
    ],
)
def test_an_invalid_token_is_refused(setup, token, text):
    answer = setup.save(token)
    ((found, remedy),) = texts(answer)
    assert (found.startswith(text), remedy) == (True, NEW_TOKEN)
    assert not Installation.objects.exists()


def test_a_reset_token_is_refused(setup):
    made = setup.sandbox.custom_integration(setup.community)
    setup.sandbox.reset_token(made.page_id)
    ((found, remedy),) = texts(setup.save(made.access_token))
    assert "replaced by a newer one" in found
    assert remedy == NEW_TOKEN


@pytest.mark.parametrize(
    ("granted", "missing"),
    [
        (["read_user_email"], ["Send messages to members"]),
        (["message"], ["Read user email address"]),
        ([], ["Send messages to members", "Read user email address"]),
    ],
)
def test_each_missing_permission_is_named_with_where_to_tick_it(setup, granted, missing):
    made = setup.sandbox.custom_integration(setup.community, permissions=granted)
    found = texts(setup.save(made.access_token))
    assert found[:2] == [("The access token works.", ""), ("Community: Acme", "")]
    where = "In Workplace, open the admin panel, Integrations, your integration, and tick it there."
    labels = ["Send messages to members", "Read user email address"]
    assert found[2:-1] == [
        (f"The permission “{label}” is missing.", where)
        if label in missing
        else (f"Permission “{label}”", "")
        for label in labels
    ]
    assert found[-1][0] == "Nothing was saved yet."
    assert not Installation.objects.exists()


def test_findings_are_in_the_owners_language(setup):
    made = setup.sandbox.custom_integration(setup.community, permissions=["message"])
    found = [text for text, _remedy in texts(setup.save(made.access_token, language="ja"))]
    assert "アクセス許可「ユーザーのメールアドレスを読み取り」がありません。" in found


def test_a_needed_secret_is_asked_for_and_a_wrong_one_refused(setup):
    made = setup.sandbox.custom_integration(setup.community, require_proof=True)
    for secret in ("", "wrong", "f" * 32):
        ((found, _remedy),) = texts(setup.save(made.access_token, secret))
        assert found.startswith("Workplace wants a proof of the app secret")
    assert setup.save(made.access_token, f" {made.app_secret}\n").status_code == 302
    assert setup.live().app_secret == made.app_secret


def test_a_clock_that_is_off_is_named_as_a_possible_cause(setup):
    made = setup.sandbox.custom_integration(setup.community, require_proof=True)
    setup.sandbox.advance(3600)
    ((_found, remedy),) = texts(setup.save(made.access_token, made.app_secret))
    assert remedy.endswith("the clock of this service may be off: tell its operator.")


def test_a_community_of_another_organization_is_refused(setup):
    made = setup.sandbox.custom_integration(setup.community)
    other = Setup.__new__(Setup)
    other.__dict__ |= {**setup.__dict__, "organization": make_organization()}
    other.browser = sign_in(make_owner(other.organization, "bob@example.com"))
    other.save(made.access_token)
    second = setup.sandbox.custom_integration(setup.community, "Another")
    ((found, _remedy),) = texts(setup.save(second.access_token))
    assert found == "Another organization of ovice is connected to this community already."
    assert setup.live() is None


@pytest.mark.parametrize(
    ("fault", "text"),
    [
        ({"kind": "html"}, "Workplace cannot be reached, or does not work just now."),
        ({"kind": "cut_before"}, "Workplace cannot be reached, or does not work just now."),
        ({"kind": "error", "code": 613}, "Workplace got too many requests for this integration."),
        ({"kind": "error", "code": 368}, "Workplace has blocked this integration for a while."),
    ],
)
def test_an_ailing_workplace_is_told_from_a_bad_token(setup, fault, text):
    made = setup.sandbox.custom_integration(setup.community)
    setup.sandbox.fault(**fault)
    ((found, _remedy),) = texts(setup.save(made.access_token))
    assert found == text
    assert not Installation.objects.exists()


def test_a_workplace_out_of_reach_is_said_to_be_so(setup, settings):
    settings.WORKPLACE_GRAPH_URL = "http://127.0.0.1:9"
    ((found, remedy),) = texts(setup.save("DQVtoken"))
    assert found == "Workplace cannot be reached, or does not work just now."
    assert remedy == "Nothing was changed. Wait a few minutes, then check again."


def test_a_slow_workplace_is_said_to_be_slow(setup, monkeypatch):
    monkeypatch.setattr("integrations.workplace.client.ANSWER_SECONDS", 0.3)
    made = setup.sandbox.custom_integration(setup.community)
    setup.sandbox.fault("latency", seconds=2)
    ((found, _remedy),) = texts(setup.save(made.access_token))
    assert found == "Workplace took too long to answer."


def test_the_second_to_save_is_told_and_changes_nothing(setup):
    first = setup.sandbox.custom_integration(setup.community)
    setup.save(first.access_token)
    second = setup.sandbox.custom_integration(setup.community, "Another")
    ((found, _remedy),) = texts(setup.save(second.access_token))
    assert found == "Somebody else has changed the connection while you had this page open."
    assert setup.live().access_token == first.access_token


def test_an_empty_field_is_asked_for_again(setup):
    assert "Paste the access token." in setup.save("").content.decode()


def test_the_app_is_offered_where_the_operator_has_one(setup, settings):
    start = f"/workplace/install?organization={setup.organization.pk}"
    assert start not in setup.browser.get(setup.url()).content.decode()
    settings.WORKPLACE_APP_ID, settings.WORKPLACE_APP_SECRET = "1", "secret"
    assert start in setup.browser.get(setup.url()).content.decode()


def test_another_community_is_asked_about_first_and_then_takes_over(setup):
    first = setup.sandbox.custom_integration(setup.community)
    setup.save(first.access_token)
    make_link(setup.live())
    other = setup.sandbox.custom_integration(setup.sandbox.community("Beta"))
    asked = setup.save(other.access_token, seen_generation=1)
    assert "This token belongs to another community: Beta." in asked.content.decode()
    assert setup.live().access_token == first.access_token
    assert other.access_token not in asked.content.decode()
    answer = asked.context["form"]["confirmed_community"].value()
    setup.save(other.access_token, seen_generation=1, confirmed_community=answer)
    assert setup.live().access_token == other.access_token
    assert not Link.objects.active().exists()


def test_another_community_without_a_name_is_asked_about_all_the_same(setup, monkeypatch):
    setup.save(setup.sandbox.custom_integration(setup.community).access_token)

    def nameless(*_args, **_options):
        raise OtherCommunityError(Connection("4711", ""))

    monkeypatch.setattr("accounts.install.connect.connect", nameless)
    page = setup.save("DQVother", seen_generation=1).content.decode()
    assert "This token belongs to another community: bot:4711." in page
    assert "Change the community and save" in page


def test_a_new_token_of_the_same_community_keeps_the_links(setup):
    first = setup.sandbox.custom_integration(setup.community)
    setup.save(first.access_token)
    make_link(setup.live())
    new = setup.sandbox.reset_token(first.page_id)
    assert setup.save(new, seen_generation=1).status_code == 302
    assert setup.live().access_token == new
    assert Link.objects.active().count() == 1


def test_check_again_names_what_is_in_order(setup):
    setup.save(setup.sandbox.custom_integration(setup.community).access_token)
    answer = setup.browser.post(setup.url("check"), follow=True)
    assert answer.redirect_chain == [(setup.url(), 302)]
    assert [str(message) for message in answer.context["messages"]][1:] == [
        "The access token works.",
        "Community: Acme",
        "Permission “Send messages to members”",
        "Permission “Read user email address”",
    ]


def test_check_again_notes_a_token_that_died_and_one_that_is_well_again(setup):
    made = setup.sandbox.custom_integration(setup.community)
    setup.save(made.access_token, made.app_secret)
    new = setup.sandbox.reset_token(made.page_id)
    setup.browser.post(setup.url("check"))
    assert 'data-light="red"' in setup.browser.get(setup.url()).content.decode()
    setup.save(new, seen_generation=1)
    assert 'data-light="green"' in setup.browser.get(setup.url()).content.decode()


def test_the_home_page_shows_how_each_connection_is(setup):
    made = setup.sandbox.custom_integration(setup.community)
    setup.save(made.access_token, made.app_secret)
    page = setup.browser.get("/admin/").content.decode()
    assert "Direct messages are being delivered." in page


def test_a_bot_that_cannot_hear_is_told_of_and_mended_by_the_secret_alone(setup):
    made = setup.sandbox.custom_integration(setup.community)
    setup.save(made.access_token)
    page = setup.browser.get(setup.url()).content.decode()
    assert 'data-light="amber"' in page
    assert "without the app secret nobody can tell" in page
    assert setup.save("", made.app_secret, seen_generation=1).status_code == 302
    page = setup.browser.get(setup.url()).content.decode()
    assert 'data-light="green"' in page
    assert setup.live().access_token == made.access_token


def test_neither_token_nor_secret_is_no_change(setup):
    made = setup.sandbox.custom_integration(setup.community)
    assert "Paste the access token." in setup.save("", "secret").content.decode()
    setup.save(made.access_token, made.app_secret)
    answer = setup.save("", "", seen_generation=1)
    assert "Paste the access token." in answer.content.decode()
    assert setup.live().generation == 1


def test_an_owner_sees_what_is_stored_and_until_when(setup):
    page = setup.browser.get(setup.url("stored")).content.decode()
    assert "Texts of direct messages, encrypted" in page
    assert "until delivered, or at most 24 hours" in page


def test_a_token_and_a_disconnect_ask_for_a_fresh_proof(setup):
    made = setup.sandbox.custom_integration(setup.community)
    stale = sign_in(setup.owner, proved=False)
    assert setup.save(made.access_token, browser=stale)["Location"].startswith("/account/")
    assert setup.live() is None
    setup.save(made.access_token)
    assert stale.post(setup.url("disconnect"))["Location"].startswith("/account/")
    assert setup.live() is not None
    assert 'name="access_token"' not in stale.get(setup.url()).content.decode()


@pytest.mark.parametrize(
    ("kind", "offered", "step"),
    [
        ("custom", "Move to the app of Workplace", "create a new access token"),
        ("third_party", "Install the app again", "Install the app again, from the connection"),
    ],
)
def test_an_owner_who_has_to_renew_the_connection_is_shown_their_way(
    setup, settings, kind, offered, step
):
    settings.WORKPLACE_APP_ID, settings.WORKPLACE_APP_SECRET = "1", "secret"
    make_installation(setup.organization, kind=kind, **DEAD)
    page = setup.browser.get(setup.url()).content.decode()
    assert offered in page
    assert f"/workplace/install?organization={setup.organization.pk}" in page
    assert step in page


def test_the_test_message_reaches_the_owner_and_nobody_else(setup):
    alice = setup.sandbox.member(setup.community, "Alice", "alice@example.com")
    bob = setup.sandbox.member(setup.community, "Bob", "bob@example.com")
    setup.save(setup.sandbox.custom_integration(setup.community).access_token)
    setup.browser.post(setup.url("test"))
    assert setup.sandbox.texts(alice) == [
        "This is a test. Direct messages from ovice will look like this one."
    ]
    assert setup.sandbox.texts(bob) == []


def test_an_owner_without_an_account_is_told_so(setup):
    setup.save(setup.sandbox.custom_integration(setup.community).access_token)
    page = setup.browser.post(setup.url("test"), follow=True).content.decode()
    assert "No Workplace account uses the same e-mail address as yours here." in page


def test_disconnecting_asks_first_and_destroys_the_token(setup):
    setup.save(setup.sandbox.custom_integration(setup.community).access_token)
    assert setup.browser.get(setup.url("disconnect")).status_code == 200
    assert setup.live() is not None
    setup.browser.post(setup.url("disconnect"))
    assert setup.live() is None
    assert Installation.objects.get().access_token is None
    assert latest_generation(setup.organization, "workplace") == 1


def test_pause_and_resume_are_one_press_each(setup):
    setup.save(setup.sandbox.custom_integration(setup.community).access_token)
    for page, state in (("pause", "paused"), ("resume", "active")):
        assert setup.browser.post(setup.url(page), follow=True).status_code == 200
        assert setup.live().state == state
