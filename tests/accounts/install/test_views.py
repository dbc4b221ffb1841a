"""Both ways to install the app: against the sandbox's dialog and its Install button, over HTTP."""

import html
import re
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
import time_machine
from django.test import Client
from django.utils.timezone import now

from accounts.install.flow import LASTS, purge_install_requests
from accounts.models import InstallRequest, Link, Ownership
from integrations.models import Installation, InstallationKind, InstallationState
from integrations.signals import installation_connected
from tests.factories import make_organization
from tests.plugins.installing import (
    CALLBACK,
    CONFIRM,
    SITE,
    START,
    agree,
    calls_to,
    decide,
    hidden,
    install_from_workplace,
    start,
)
from tests.plugins.portal import make_owner, sign_in

pytestmark = pytest.mark.django_db


def title(answer) -> str:
    return html.unescape(re.findall(r"<h1>(.*?)</h1>", answer.content.decode(), re.DOTALL)[0])


def test_an_owner_installs_from_here(sandbox, app, acme, organization, owner):
    answer = owner.get(decide(start(owner), acme), follow=True)
    installed = Installation.objects.get()
    assert (answer.status_code, title(answer)) == (200, "You are connected")
    assert (installed.organization, installed.kind) == (organization, InstallationKind.THIRD_PARTY)
    assert (installed.state, installed.community_id) == (InstallationState.ACTIVE, acme)
    assert "" not in (installed.bot_id, installed.install_id)
    assert sorted(installed.permissions) == ["message", "read_user_email"]


def test_the_app_secret_is_not_stored_with_the_installation(sandbox, app, acme, owner):
    owner.get(decide(start(owner), acme), follow=True)
    installed = Installation.objects.get()
    assert not installed.app_secret
    assert app["app_secret"] not in str(Installation.objects.values().get())


def test_the_dialog_is_asked_for_two_permissions_and_our_address(app, owner):
    asked = parse_qs(urlsplit(start(owner)).query)
    assert asked["permissions[]"] == ["message", "read_user_email"]
    assert asked["redirect_uri"] == [f"{SITE}{CALLBACK}"]
    assert len(asked["state"][0]) >= 43


def test_a_state_is_stored_as_a_hash_and_ends_within_ten_minutes(app, owner):
    state = parse_qs(urlsplit(start(owner)).query)["state"][0]
    kept = InstallRequest.objects.get()
    assert state not in str(InstallRequest.objects.values().get())
    assert kept.expires_at - kept.created_at <= timedelta(minutes=10)


def test_an_owner_installs_from_workplace_and_is_sent_back_there(sandbox, app, acme, owner):
    asked = owner.get(install_from_workplace(sandbox, app, acme), follow=True)
    assert asked.request["PATH_INFO"] == CONFIRM
    assert Installation.objects.count() == 0
    assert f"form-action 'self' {sandbox.web_url}" in asked["Content-Security-Policy"]
    done = owner.post(
        CONFIRM, hidden(asked) | {"organization": asked.context["organizations"][0].pk}
    )
    assert done["Location"] == f"{sandbox.web_url}/work/admin/{acme}/"
    assert Installation.objects.get().community_id == acme


def test_for_a_known_owner_the_code_is_exchanged_at_once(sandbox, app, acme, owner):
    owner.get(install_from_workplace(sandbox, app, acme))
    assert calls_to(sandbox, "oauth/access_token") == 1
    kept = InstallRequest.objects.get()
    assert (kept.code, bool(kept.token)) == (None, True)


def test_the_kept_code_is_ciphertext_and_bound_to_the_browser(sandbox, app, acme, owner):
    back = install_from_workplace(sandbox, app, acme)
    code = parse_qs(urlsplit(back).query)["code"][0]
    Client().get(back)
    row = str(InstallRequest.objects.values().get())
    assert code not in row
    assert InstallRequest.objects.get().code == code
    assert title(owner.get(CONFIRM)) == "We do not know this installation"


def test_an_owner_of_several_organizations_is_always_asked(sandbox, app, acme, organization, owner):
    other = make_organization(name="Beta Works")
    Ownership.objects.create(user=Ownership.objects.get().user, organization=other)
    chosen = owner.get(START)
    assert title(chosen) == "Which organization?"
    back = install_from_workplace(sandbox, app, acme)
    assert len(owner.get(back, follow=True).context["organizations"]) == 2
    unchosen = owner.post(CONFIRM, hidden(owner.get(CONFIRM)))
    assert "Choose one of your organizations" in unchosen.content.decode()
    agree(owner, other)
    assert Installation.objects.get().organization == other


def test_a_cancelled_dialog_says_so(app, acme, owner):
    back = decide(start(owner), acme, "cancel")
    answer = owner.get(back, follow=True)
    assert (answer.status_code, title(answer)) == (200, "The installation was cancelled")
    assert title(owner.get(back, follow=True)) == "This installation is over"


def test_a_state_works_once(app, acme, owner):
    back = decide(start(owner), acme)
    owner.get(back, follow=True)
    again = owner.get(back, follow=True)
    assert (again.status_code, title(again)) == (400, "This installation is over")
    assert Installation.objects.count() == 1


def test_a_state_of_another_session_is_refused_and_not_used_up(app, acme, organization, owner):
    back = decide(start(owner), acme)
    mallory = sign_in(make_owner(organization, "mallory@example.com"))
    answer = mallory.get(back, follow=True)
    assert (answer.status_code, title(answer)) == (403, "This is somebody else's installation")
    assert Client().get(back, follow=True).status_code == 403
    assert title(owner.get(back, follow=True)) == "You are connected"


@pytest.mark.parametrize("state", ["", "guessed", "ü\x00", "a" * 5000])
def test_a_state_nobody_gave_is_refused(app, owner, state):
    answer = owner.get(CALLBACK, {"state": state, "code": "AQ" + "x" * 80}, follow=True)
    assert (answer.status_code, title(answer)) == (400, "We do not know this installation")


def test_a_state_that_is_too_old_is_refused(app, acme, owner):
    back = decide(start(owner), acme)
    InstallRequest.objects.update(expires_at=now())
    assert title(owner.get(back, follow=True)) == "The installation took too long"
    assert Installation.objects.count() == 0


@pytest.mark.parametrize("code", ["", "with blanks", "<script>", "x" * 1025, "a\x00"])
def test_a_malformed_code_is_not_passed_on(sandbox, app, owner, code):
    answer = owner.get(CALLBACK, {"code": code}, follow=True)
    assert answer.status_code == 400
    assert sandbox.calls() == []


def test_a_code_that_was_used_is_refused(sandbox, app, acme, owner):
    back = install_from_workplace(sandbox, app, acme)
    owner.get(back, follow=True)
    again = owner.get(back, follow=True)
    assert again.status_code == 400
    assert title(again) == "Workplace did not accept the installation's code"


def test_a_code_that_is_too_old_is_refused(sandbox, app, acme, organization):
    browser = Client()
    browser.get(install_from_workplace(sandbox, app, acme))
    sandbox.advance(301)
    sign_in(make_owner(organization, "alice@example.com"), browser)
    answer = browser.get(CONFIRM)
    assert title(answer) == "Workplace did not accept the installation's code"
    assert title(browser.get(CONFIRM)) == "This installation is over"


def test_a_kept_code_ends_before_the_platform_ends_it(sandbox, app, acme, organization):
    browser = Client()
    browser.get(install_from_workplace(sandbox, app, acme))
    sign_in(make_owner(organization, "alice@example.com"), browser)
    InstallRequest.objects.update(expires_at=now())
    assert title(browser.get(CONFIRM)) == "The installation took too long"


def test_a_code_for_another_address_is_refused(sandbox, app, acme, owner):
    sandbox.workplace(
        "PATCH", f"apps/{app['app_id']}", {"redirect_uris": [f"{SITE}/else", f"{SITE}{CALLBACK}"]}
    )
    made = sandbox.workplace(
        "POST",
        f"communities/{acme}/installs",
        {"app_id": app["app_id"], "redirect_uri": f"{SITE}/else"},
    )
    answer = owner.get(CALLBACK, {"code": made["code"]}, follow=True)
    assert title(answer) == "Workplace did not accept the installation's code"


def test_only_owners_may_install(app, organization, owner, portal):
    for who in ("support", "administrator", "member"):
        assert portal.browser(who).get(START).status_code == 403
    assert portal.browser("stranger").get(START)["Location"].startswith("/account/sign-in/")
    foreign = portal.browser("owner B").get(START, {"organization": str(organization.pk)})
    assert foreign.status_code == 403


def test_an_owner_who_lost_the_ownership_meanwhile_is_refused(sandbox, app, acme, owner):
    back = decide(start(owner), acme)
    Ownership.objects.all().delete()
    assert owner.get(back, follow=True).status_code == 403
    assert Installation.objects.count() == 0


def test_an_organization_of_somebody_else_cannot_be_chosen(sandbox, app, acme, owner, portal):
    owner.get(install_from_workplace(sandbox, app, acme))
    answer = agree(owner, portal.a)
    assert "Choose one of your organizations" in answer.content.decode()
    assert Installation.objects.filter(kind=InstallationKind.THIRD_PARTY).count() == 0


def test_a_community_of_another_organization_is_refused(sandbox, app, acme, owner, portal):
    Installation.objects.filter(pk=portal.installation_a.pk).update(community_id=acme)
    answer = owner.get(decide(start(owner), acme), follow=True)
    assert answer.status_code == 409
    assert "Acme" not in re.sub("Acme Works", "", answer.content.decode())


def test_an_install_without_a_permission_is_refused(sandbox, app, acme, owner):
    dialog = start(owner).replace("&permissions%5B%5D=read_user_email", "")
    answer = owner.get(decide(dialog, acme), follow=True)
    assert (answer.status_code, title(answer)) == (400, "A permission is missing")
    assert Installation.objects.count() == 0


def test_an_outage_before_the_check_can_be_tried_again(sandbox, app, acme, organization, owner):
    back = decide(start(owner), acme)
    sandbox.fault("html", status=503, endpoint="me")
    answer = owner.get(back, follow=True)
    assert "Try again" in answer.content.decode()
    assert Installation.objects.count() == 0
    sandbox.lift_faults()
    agree(owner, organization)
    assert Installation.objects.get().state == InstallationState.ACTIVE


def test_an_exchange_without_an_answer_starts_over(sandbox, app, acme, owner):
    back = decide(start(owner), acme)
    sandbox.fault("cut_after", endpoint="oauth/access_token")
    answer = owner.get(back, follow=True)
    assert title(answer) == "Workplace did not accept the installation's code"
    assert InstallRequest.objects.get().token is None


def test_another_community_is_confirmed_before_links_end(sandbox, app, acme, new_office):
    office = new_office()
    link = office.join("Hanako")
    owner = sign_in(make_owner(office.organization, "alice@example.com"))
    asked = owner.get(decide(start(owner), acme), follow=True)
    assert "This is another community: Acme" in asked.content.decode()
    assert Link.objects.active().get() == link
    assert title(agree(owner, office.organization)) == "You are connected"
    assert Link.objects.active().count() == 0


def test_a_pasted_token_gives_way_to_the_app_and_links_stay(sandbox, app, new_office):
    office = new_office()
    link = office.join("Hanako")
    owner = sign_in(make_owner(office.organization, "alice@example.com"))
    owner.get(decide(start(owner), office.community), follow=True)
    moved = Link.objects.active().get()
    assert moved.pk == link.pk
    assert moved.installation.kind == InstallationKind.THIRD_PARTY


def test_an_app_uninstalled_during_the_install_is_not_left_connected(sandbox, app, acme, owner):
    back = decide(start(owner), acme)

    def uninstall(installation: Installation, **_: object) -> None:
        sandbox.uninstall(installation.bot_id)

    installation_connected.connect(uninstall)
    try:
        assert title(owner.get(back, follow=True)) == "The app is no longer installed"
    finally:
        installation_connected.disconnect(uninstall)
    assert Installation.objects.live().count() == 0


def test_other_pages_are_not_followed(sandbox, app, acme, owner):
    back = decide(start(owner), acme) + "&redirect_uri=https://workplace.com.example.com/"
    assert title(owner.get(back, follow=True)) == "You are connected"


def test_neither_code_nor_token_appears_anywhere(sandbox, app, acme, owner, caplog):
    back = decide(start(owner), acme)
    code = parse_qs(urlsplit(back).query)["code"][0]
    caplog.set_level("DEBUG")
    answer = owner.get(back, follow=True)
    token = Installation.objects.get().access_token
    seen = answer.content.decode() + caplog.text + str(dict(owner.session))
    seen += str(list(InstallRequest.objects.values())) + str(answer.headers)
    assert [secret for secret in (code, token, app["app_secret"]) if secret in seen] == []
    assert (InstallRequest.objects.get().code, InstallRequest.objects.get().token) == (None, None)


def test_without_an_app_the_page_says_so(settings, owner):
    settings.WORKPLACE_APP_ID = settings.WORKPLACE_APP_SECRET = ""
    assert owner.get(START).status_code == 404
    assert owner.get(CALLBACK, follow=True).status_code == 404


def test_pages_speak_japanese(app, acme, owner):
    answer = owner.get(
        decide(start(owner), acme, "cancel"), follow=True, headers={"accept-language": "ja"}
    )
    assert "インストールはキャンセルされました" in answer.content.decode()


def test_requests_nobody_finished_are_deleted(app, owner):
    start(owner)
    assert purge_install_requests() == 0
    with time_machine.travel(now() + LASTS + timedelta(seconds=1)):
        assert purge_install_requests() == 1
