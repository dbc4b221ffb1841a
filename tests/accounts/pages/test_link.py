"""The linking page: what it says in each state, and what its buttons do."""

import pytest
import time_machine
from django.test import Client
from django.utils.timezone import now

from accounts.linking.link import link
from accounts.linking.verify import need_attention
from accounts.members.session import LAUNCH_LASTS
from accounts.models import Choices, Link, Member, Role
from integrations.connections.pause import pause
from integrations.models import Installation, InstallationState, Organization
from integrations.removal.uninstall import remove_installation
from tests.accounts.pages.conftest import fields, press_link, text_of
from tests.factories import make_delivery, make_member

pytestmark = pytest.mark.django_db


def status_of(text: str) -> str:
    """Return which of its states the page shows."""
    states = ("Linked, paused", "Linked, resting", "Needs attention", "Linked")
    return next((state for state in states if state in text), "")


def test_the_page_says_who_i_am_and_whom_it_found_and_links_nobody(visitor, hanako):
    text = text_of(visitor(hanako).get("/link/"))
    assert "hanako@example.com" in text
    assert "Acme" in text
    assert "Hanako Sato" in text
    assert Link.objects.count() == 0


def test_pressing_link_links(visitor, hanako):
    client = visitor(hanako)
    answer = press_link(client)
    assert (answer.status_code, answer["Location"]) == (302, "/link/")
    assert Link.objects.active().get().member == hanako
    assert "You are linked." in text_of(client.get("/link/"))


def test_linking_sends_one_confirmation(
    visitor, hanako, office, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks(execute=True):
        press_link(visitor(hanako))
    assert len(office.texts("Hanako")) == 1


def test_a_double_press_links_once(visitor, hanako):
    client = visitor(hanako)
    form = fields(client.get("/link/"))
    answers = [client.post("/link/", form).status_code for _press in range(2)]
    assert (answers, Link.objects.count()) == ([302, 302], 1)


def test_two_tabs_may_do_the_opposite_and_the_last_one_counts(visitor, hanako):
    client = visitor(hanako)
    first_tab = fields(client.get("/link/"))
    client.post("/link/", first_tab)
    client.post("/link/remove/", fields(client.get("/link/")))
    assert client.post("/link/", first_tab).status_code == 302
    assert Link.objects.active().count() == 1


def test_going_back_to_an_old_confirmation_does_not_end_a_newer_link(visitor, hanako):
    client = visitor(hanako)
    press_link(client)
    old = fields(client.get("/link/"))
    client.post("/link/remove/", old)
    press_link(client)
    assert client.post("/link/remove/", old).status_code == 302
    assert Link.objects.active().count() == 1


def test_linked_shows_since_when_and_the_last_delivery(visitor, hanako):
    client = visitor(hanako)
    press_link(client)
    make_delivery(Link.objects.get(), state="delivered", settled_at=now())
    text = text_of(client.get("/link/"))
    assert status_of(text) == "Linked"
    assert "none yet" not in text


def test_ending_the_link_is_confirmed_first_and_cancels_what_waits(visitor, hanako):
    client = visitor(hanako)
    press_link(client)
    waiting = make_delivery(Link.objects.get())
    form = fields(client.get("/link/"))
    assert "dropped at once" in text_of(client.get("/link/remove/", form))
    assert Link.objects.active().count() == 1
    client.post("/link/remove/", form)
    waiting.refresh_from_db()
    assert (waiting.state, waiting.reason) == ("cancelled", "user")


def test_ending_what_has_ended_leads_back(visitor, hanako):
    client = visitor(hanako)
    for named in ("", "nonsense", "00000000-0000-0000-0000-000000000000"):
        assert client.get("/link/remove/", {"link": named})["Location"] == "/link/"
        assert client.post("/link/remove/", {"link": named})["Location"] == "/link/"


def test_nobody_ends_the_link_of_another_member(visitor, hanako, office):
    theirs = office.join("Jiro")
    visitor(hanako).post("/link/remove/", {"link": theirs.pk})
    assert Link.objects.active().get() == theirs


def test_without_a_visit_everybody_is_asked_to_sign_in(hanako):
    for path in ("", "remove/", "again/", "pause/", "resume/", "copies/"):
        answer = Client().post(f"/link/{path}")
        assert answer["Location"] == "/account/sign-in/?next=/link/"
    assert Link.objects.count() == 0


def test_a_member_who_presses_too_late_reads_that_nothing_was_changed(visitor, hanako):
    client = visitor(hanako)
    form = fields(client.get("/link/"))
    with time_machine.travel(now() + LAUNCH_LASTS):
        answer = client.post("/link/", form, follow=True)
        assert "You were signed out, so nothing was changed." in text_of(answer)
    assert Link.objects.count() == 0


def test_the_page_says_whom_to_ask_in_the_organization(visitor, hanako, office):
    assert "ask:" not in text_of(visitor(hanako).get("/link/"))
    office.organization.support_contact = "Helpdesk <b>4711</b>"
    office.organization.save()
    assert "In your organization, ask: Helpdesk <b>4711</b>" in text_of(
        visitor(hanako).get("/link/")
    )


def test_without_the_counters_members_link_all_the_same(visitor, hanako, settings):
    settings.CACHES = {
        "default": {
            "BACKEND": "django.core.cache.backends.redis.RedisCache",
            "LOCATION": "redis://127.0.0.1:9",
        }
    }
    client = visitor(hanako)
    assert press_link(client).status_code == 302
    assert Link.objects.active().count() == 1


def test_a_form_without_its_token_is_refused(visitor, hanako):
    client = visitor(hanako, enforce_csrf_checks=True)
    form = fields(client.get("/link/"))
    assert client.post("/link/", form).status_code == 403
    assert Link.objects.count() == 0


def test_a_launch_for_another_person_replaces_the_visitor(visitor, hanako, office):
    client = visitor(hanako)
    form = fields(client.get("/link/"))
    office.sandbox.member(office.community, "Jiro", "jiro@example.com")
    visitor(make_member(office.organization, email="jiro@example.com"), client)
    assert "Jiro" in text_of(client.get("/link/"))
    # The page that the first member saw cannot be used by the second.
    assert client.post("/link/", form).status_code == 409
    assert Link.objects.count() == 0


@pytest.mark.parametrize("path", ["pause/", "resume/", "copies/", "erase/", "export/", "remove/"])
def test_no_form_that_one_person_left_open_acts_for_the_next(launching, path):
    client = Client(enforce_csrf_checks=True)
    client.post("/launch", {"token": launching.token()})
    left_open = client.get("/link/").context["csrf_token"]
    client.post("/launch", {"token": launching.token(launching.taro, purpose="link")})
    answer = client.post(f"/link/{path}", {"csrfmiddlewaretoken": left_open, "length": "hour"})
    assert answer.status_code == 403
    assert "このページは古くなっています" in answer.content.decode()
    assert not Choices.objects.exists()
    assert Member.objects.count() == 2


def test_somebody_who_comes_again_may_use_the_page_they_left_open(visitor, hanako):
    client = visitor(hanako, enforce_csrf_checks=True)
    page = client.get("/link/")
    form = fields(page) | {"csrfmiddlewaretoken": str(page.context["csrf_token"])}
    visitor(hanako, client)
    assert client.post("/link/", form).status_code == 302
    assert Link.objects.active().count() == 1


def test_the_account_that_was_shown_is_the_only_one_that_is_linked(visitor, hanako, office):
    client = visitor(hanako)
    form = fields(client.get("/link/"))
    office.sandbox.change_member(office.accounts["Hanako"], email="left@example.com")
    office.sandbox.member(office.community, "Successor", "hanako@example.com")
    answer = client.post("/link/", form)
    assert answer.status_code == 409
    assert "Successor" in text_of(answer)
    assert Link.objects.count() == 0


def test_an_organization_that_disconnects_meanwhile_is_told(visitor, hanako, office):
    client = visitor(hanako)
    form = fields(client.get("/link/"))
    remove_installation(office.installation)
    answer = client.post("/link/", form)
    assert answer.status_code == 409
    assert "has not set up Workplace yet" in text_of(answer)
    assert Link.objects.count() == 0


@pytest.mark.parametrize("connection", ["", "nonsense", "00000000-0000-0000-0000-000000000000"])
def test_a_connection_that_nobody_offered_is_refused(visitor, hanako, connection):
    answer = visitor(hanako).post("/link/", {"connection": connection, "mark": "x"})
    assert (answer.status_code, Link.objects.count()) == (409, 0)


def test_the_connection_of_another_organization_is_refused(visitor, hanako, new_office):
    other = new_office()
    other.sandbox.member(other.community, "Hanako", "hanako@example.com")
    answer = visitor(hanako).post("/link/", {"connection": other.installation.pk})
    assert (answer.status_code, Link.objects.count()) == (409, 0)


@pytest.mark.parametrize("fault", [{"kind": "html", "status": 503}, {"kind": "cut_before"}])
def test_workplace_down_is_said_and_nothing_is_half_linked(visitor, hanako, office, fault):
    client = visitor(hanako)
    form = fields(client.get("/link/"))
    office.sandbox.fault(**fault)
    for answer, status in ((client.get("/link/"), 200), (client.post("/link/", form), 409)):
        assert answer.status_code == status
        assert "Workplace did not answer. Try again later." in text_of(answer)
    assert Link.objects.count() == 0


def test_an_organization_that_pauses_keeps_the_link(visitor, hanako, office):
    client = visitor(hanako)
    press_link(client)
    pause(office.organization)
    text = text_of(client.get("/link/"))
    assert status_of(text) == "Linked, paused"
    assert "paused by your organization" in text


def test_a_connection_in_need_of_its_owner_says_so(visitor, hanako):
    client = visitor(hanako)
    press_link(client)
    Installation.objects.update(state=InstallationState.ATTENTION)
    assert "your messages wait" in text_of(client.get("/link/"))


def test_an_account_that_takes_nothing_can_be_tried_again(visitor, hanako, office):
    client = visitor(hanako)
    press_link(client)
    need_attention(Link.objects.get(), reason="recipient_refused")
    page = client.get("/link/")
    assert status_of(text_of(page)) == "Needs attention"
    client.post("/link/again/", fields(page))
    assert status_of(text_of(client.get("/link/"))) == "Linked"


@pytest.mark.parametrize(
    ("reason", "words"),
    [
        ("email_changed", "Your email address in ovice has changed"),
        ("member_removed", "You had left the organization"),
        ("org_disconnected", "had disconnected Workplace"),
        ("workplace_account_gone", "no longer has your address"),
    ],
)
def test_a_member_reads_why_their_link_has_ended(visitor, hanako, reason, words):
    client = visitor(hanako)
    press_link(client)
    Link.objects.update(removed_at=now(), removed_reason=reason)
    page = client.get("/link/")
    assert words in text_of(page)
    press_link(client)
    assert Link.objects.active().count() == 1


def test_looking_again_and_again_is_limited(visitor, hanako, office):
    client = visitor(hanako)
    for _look in range(20):
        client.get("/link/")
    before = len(office.sandbox.calls())
    assert "Too many tries" in text_of(client.get("/link/"))
    assert len(office.sandbox.calls()) == before


def test_no_browser_keeps_the_page(visitor, hanako):
    answer = visitor(hanako).get("/link/")
    assert "no-store" in answer["Cache-Control"]
    assert "script-src 'self'" in answer["Content-Security-Policy"]
    assert answer["Referrer-Policy"] in ("same-origin", "no-referrer")


def _take_the_address(office) -> None:
    office.sandbox.change_member(office.accounts["Hanako"], email="left@example.com")


def _deactivate(office) -> None:
    office.sandbox.behave(deactivated_lookup="shown")
    office.sandbox.change_member(office.accounts["Hanako"], active=False)


def _link_a_twin(office) -> None:
    link(make_member(office.organization, email="hanako@example.com"), office.installation)


# Obstacles in Workplace, ovice or the organization for which linking is refused with the code.
REFUSALS = {
    "email_unverified": (
        lambda _office: Member.objects.update(email_verified=False),
        "Verify your ovice account's email address first.",
        "先にoviceアカウントのメールアドレス認証を完了してください。",
    ),
    "not_organization_user": (
        lambda _office: Member.objects.update(role=Role.VISITOR),
        "Only organization users can link an account.",
        "連携できるのは組織ユーザーのみです。",
    ),
    "workplace_account_not_found": (
        _take_the_address,
        "No Workplace account uses the same email address (hanako@example.com).",
        "同じメールアドレス（hanako@example.com）のWorkplaceアカウントが見つかりません。",
    ),
    "workplace_account_inactive": (
        _deactivate,
        "The Workplace account with this address is not active.",
        "このアドレスのWorkplaceアカウントは有効ではありません。",
    ),
    "org_not_connected": (
        lambda _office: Organization.objects.update(feature_enabled=False),
        "Your organization has not set up Workplace yet. Ask an organization owner.",
        "組織でWorkplace連携が設定されていません。組織オーナーにお問い合わせください。",
    ),
    "token_invalid": (
        lambda office: office.sandbox.reset_token(office.integration.page_id),
        "The access token is not valid. Create a new one in Workplace.",
        "アクセストークンが無効です。Workplaceで再発行してください。",
    ),
    "permission_missing": (
        lambda office: office.sandbox.fault("error", code=10, status=403),
        "The integration lacks a permission: Read user email address",
        "統合に必要なアクセス許可がありません：",
    ),
    "temporarily_unavailable": (
        lambda office: office.sandbox.fault("html", status=503),
        "Workplace did not answer. Try again later.",
        "Workplaceから応答がありません。時間をおいて再度お試しください。",
    ),
}


@pytest.mark.parametrize("code", REFUSALS)
def test_each_refusal_is_said_in_its_words_in_two_languages(visitor, hanako, office, code):
    bring_about, english, japanese = REFUSALS[code]
    client = visitor(hanako)
    bring_about(office)
    for language, words in (("en", english), ("ja", japanese)):
        answer = client.get("/link/", headers={"accept-language": language})
        assert words in text_of(answer)
    assert Link.objects.count() == 0


def test_an_account_of_somebody_else_is_refused_in_two_languages(visitor, hanako, office):
    client = visitor(hanako)
    form = fields(client.get("/link/"))
    _link_a_twin(office)
    for language, words in (
        ("en", "This Workplace account is already linked to another user."),
        ("ja", "このWorkplaceアカウントは別のユーザーと連携済みです。"),
    ):
        answer = client.post("/link/", form, headers={"accept-language": language})
        assert (answer.status_code, Link.objects.count()) == (409, 1)
        assert words in text_of(answer)
