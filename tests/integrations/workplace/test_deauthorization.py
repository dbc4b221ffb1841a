"""The uninstall callback: what is proven acts, everything else gets one silent 400."""

import json
import logging
import time
from datetime import timedelta

import pytest
from django.test import Client
from django.utils.timezone import now
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from prometheus_client import REGISTRY

from integrations.models import InstallationKind, InstallationState
from integrations.models.removal import Removal
from integrations.removal import uninstall
from integrations.targets.errors import NotReached, TokenRejected
from integrations.tasks import stop_removed
from tests.factories import make_delivery, make_installation, make_link
from tests.integrations.workplace.signed import SECRET, sign, sign_raw, uninstall_of

DEAUTHORIZE = "/workplace/deauthorize"
COMMUNITY = "1000000001"
REFUSAL = (400, {"error": "bad request"})


@pytest.fixture(autouse=True)
def _app(settings):
    settings.WORKPLACE_APP_SECRET = SECRET


@pytest.fixture
def installation(db):
    hour_ago = now() - timedelta(hours=1)
    return make_installation(
        kind=InstallationKind.THIRD_PARTY, community_id=COMMUNITY, connected_at=hour_ago
    )


FORM = "application/x-www-form-urlencoded"


def post_form(value: str, path: str = DEAUTHORIZE):
    answer = Client().post(path, f"signed_request={value}", content_type=FORM)
    return answer.status_code, answer.json()


def state(installation):
    installation.refresh_from_db()
    return installation.state


def test_an_uninstall_destroys_the_token_at_once(installation):
    assert post_form(uninstall_of(COMMUNITY)) == (200, {})

    assert state(installation) == InstallationState.REMOVED
    assert installation.access_token is None
    entered = Removal.objects.get()
    assert (entered.reason, entered.generation) == ("uninstalled", 1)


@pytest.mark.parametrize("consumer", [False, True])
@pytest.mark.parametrize("community", [COMMUNITY, int(COMMUNITY)])
def test_both_encodings_and_both_kinds_of_id_are_understood(installation, consumer, community):
    parts = {"community_id": community, "issued_at": int(time.time())}
    signed = sign(parts, consumer=consumer)

    assert post_form(signed) == (200, {})
    assert state(installation) == InstallationState.REMOVED


def test_a_json_body_is_understood_as_well(installation):
    body = json.dumps({"signed_request": uninstall_of(COMMUNITY)})

    answer = Client().post(DEAUTHORIZE, body, content_type="application/json")

    assert answer.status_code == 200
    assert state(installation) == InstallationState.REMOVED


def test_a_foreign_community_gets_the_same_answer(installation):
    assert post_form(uninstall_of("9")) == (200, {})

    assert state(installation) == InstallationState.ACTIVE
    assert not Removal.objects.exists()


def test_a_pasted_token_of_that_community_is_not_the_apps(installation):
    type(installation).objects.update(kind=InstallationKind.CUSTOM)

    post_form(uninstall_of(COMMUNITY))

    assert state(installation) == InstallationState.ACTIVE


def test_the_second_notice_is_only_counted(installation):
    signed = uninstall_of(COMMUNITY)

    assert post_form(signed) == post_form(signed) == (200, {})

    assert Removal.objects.get().repeats == 1


def test_a_notice_from_before_the_reinstall_is_recorded_and_changes_nothing(installation):
    old = uninstall_of(COMMUNITY)
    post_form(old)
    again = make_installation(
        installation.organization,
        kind=InstallationKind.THIRD_PARTY,
        community_id=COMMUNITY,
        connected_at=now() + timedelta(seconds=5),
    )

    assert post_form(old) == (200, {})

    assert state(again) == InstallationState.ACTIVE
    assert Removal.objects.get().repeats == 1


def test_a_notice_that_has_acted_does_not_touch_a_reinstall_of_the_same_second(installation):
    signed = uninstall_of(COMMUNITY)
    post_form(signed)
    again = make_installation(
        installation.organization,
        kind=InstallationKind.THIRD_PARTY,
        community_id=COMMUNITY,
        connected_at=now(),
    )

    assert post_form(signed) == (200, {})

    assert state(again) == InstallationState.ACTIVE
    assert Removal.objects.get().repeats == 1


DOUBTFUL = {
    "no time": sign({"community_id": COMMUNITY}),
    "account linking": uninstall_of(COMMUNITY, user_id="2", redirect="https://x", state="y"),
}


def let_target_answer(monkeypatch, error: Exception | None) -> None:
    class Target:
        def __init__(self, *_given):
            """Be opened with any credentials."""

        def check(self):
            if error is not None:
                raise error

    monkeypatch.setattr(uninstall, "open_target", Target)


@pytest.mark.parametrize("value", DOUBTFUL.values(), ids=DOUBTFUL)
@pytest.mark.parametrize(
    ("error", "left"),
    [(None, "active"), (NotReached(), "active"), (TokenRejected(), "removed")],
    ids=["accepts", "is away", "refuses"],
)
def test_a_doubtful_notice_removes_only_what_the_target_refuses(
    installation, monkeypatch, value, error, left
):
    let_target_answer(monkeypatch, error)

    assert post_form(value) == (200, {})

    assert state(installation) == left


def test_links_and_queue_follow_within_a_minute(installation, settings):
    delivery = make_delivery(make_link(installation))
    post_form(uninstall_of(COMMUNITY))

    stop_removed()

    delivery.refresh_from_db()
    assert (delivery.state, delivery.message.content) == ("cancelled", None)
    assert not installation.links.filter(removed_at=None).exists()
    assert timedelta(minutes=1) >= settings.PURGE_EVERY


BAD = {
    "nothing": "",
    "a dot": ".",
    "one part": "abcdef",
    "three parts": uninstall_of(COMMUNITY) + ".x",
    "bad base64": "!!!.!!!",
    "another secret": sign({"community_id": COMMUNITY}, "other-secret"),
    "another payload": ".".join(
        [sign({"community_id": "2"}).split(".")[0], sign({"community_id": COMMUNITY}).split(".")[1]]
    ),
    "another algorithm": sign({"community_id": COMMUNITY, "algorithm": "none"}),
    "not JSON": sign_raw(b"{community_id: 1000000001}"),
    "not an object": sign([COMMUNITY]),
    "no community": sign({"user_id": "2"}),
    "Unicode": sign({"community_id": "百"}),
    "UTF-16": sign_raw('{"community_id":"1000000001"}'.encode("utf-16")),
    "a key twice": sign_raw(b'{"community_id":"1000000001","community_id":"1000000001"}'),
    "from the future": sign({"community_id": COMMUNITY, "issued_at": 4_000_000_000}),
    "from 2001": sign({"community_id": COMMUNITY, "issued_at": 1_000_000_000}),
    "a long one": "A" * 50_000,
    "megabytes": "A" * 3_000_000,
}


@pytest.mark.parametrize("value", BAD.values(), ids=BAD)
def test_every_unproven_notice_gets_one_silent_refusal(
    installation, value, django_assert_num_queries, caplog
):
    counted = REGISTRY.get_sample_value("kotozute_signed_requests_total", {"outcome": "refused"})
    caplog.set_level(logging.DEBUG)

    with django_assert_num_queries(0):
        assert post_form(value) == REFUSAL

    sample = REGISTRY.get_sample_value("kotozute_signed_requests_total", {"outcome": "refused"})
    assert sample == (counted or 0) + 1
    assert not value or value[:40] not in caplog.text
    assert state(installation) == InstallationState.ACTIVE


def multipart(value: str) -> bytes:
    part = f'--x\r\nContent-Disposition: form-data; name="signed_request"\r\n\r\n{value}'
    return f"{part}\r\n--x--\r\n".encode()


GENUINE = "GENUINE"


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (f"signed_request={GENUINE}&".encode(), FORM),
        (f"&signed_request={GENUINE}".encode(), FORM),
        (f"a&signed_request={GENUINE}&b=".encode(), FORM),
        (f"signed_request={GENUINE}".encode(), f"{FORM}; charset=utf-8"),
        (multipart(GENUINE), "multipart/form-data; boundary=x"),
        (multipart(GENUINE), 'multipart/form-data; charset=utf-8; boundary="x"'),
        (f' {{"signed_request": "{GENUINE}"}}\n'.encode(), "application/json; charset=utf-8"),
    ],
)
def test_a_genuine_uninstall_is_one_in_whatever_form_it_came(installation, body, content_type):
    body = body.replace(GENUINE.encode(), uninstall_of(COMMUNITY).encode())
    answer = Client().post(DEAUTHORIZE, body, content_type=content_type)

    assert answer.status_code == 200
    assert state(installation) == InstallationState.REMOVED


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (multipart(GENUINE), "multipart/form-data; boundary=y"),
        (multipart(GENUINE)[:-5] + multipart(GENUINE)[1:], "multipart/form-data; boundary=x"),
        (multipart(GENUINE), "multipart/form-data"),
        (b"", "application/x-www-form-urlencoded"),
        (b"other=1", "application/x-www-form-urlencoded"),
        (b"signed_request=a&signed_request=b", "application/x-www-form-urlencoded"),
        (b"\xff\xfe", "application/x-www-form-urlencoded"),
        (b"&".join(b"a=1" for _ in range(100)), "application/x-www-form-urlencoded"),
        (b"", "application/json"),
        (b"[]", "application/json"),
        (b'{"signed_request": 1}', "application/json"),
        (b'{"signed_request": null}', "application/json"),
        (b'{"signed_request": "a.\\ud800"}', "application/json"),
        (b'{"signed_request": "\\udfff.a"}', "application/json"),
        (b'{"signed_request": "a", "signed_request": "a"}', "application/json"),
        (b"[" * 50_000, "application/json"),
        (b"x" * 100, "multipart/form-data; boundary=x"),
        (b"", "text/plain"),
    ],
)
def test_every_body_that_is_no_form_gets_the_same_refusal(db, body, content_type):
    answer = Client().post(DEAUTHORIZE, body, content_type=content_type)

    assert (answer.status_code, answer.json()) == REFUSAL


def test_without_an_app_nothing_is_proven(installation, settings):
    settings.WORKPLACE_APP_SECRET = ""

    assert post_form(sign({"community_id": COMMUNITY}, "")) == REFUSAL


@hypothesis_settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=300))
@pytest.mark.parametrize("content_type", [FORM, "application/json"])
def test_no_body_ever_does_more_than_be_refused(content_type, body):
    answer = Client().post(DEAUTHORIZE, body, content_type=content_type)

    assert (answer.status_code, answer.json()) == REFUSAL


@hypothesis_settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(st.characters(), max_size=60))
def test_no_text_in_a_json_body_does_either(value):
    body = json.dumps({"signed_request": value})
    answer = Client().post(DEAUTHORIZE, body, content_type="application/json")

    assert (answer.status_code, answer.json()) == REFUSAL


@hypothesis_settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.recursive(
        st.none() | st.integers() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
        max_leaves=8,
    )
)
def test_every_signed_notice_gets_an_answer(db, parts):
    assert post_form(sign(parts))[0] in (200, 400)


def test_only_post_is_answered(db):
    assert Client().get(DEAUTHORIZE).status_code == 405


def test_a_deletion_request_is_answered_with_a_place_and_a_code(db):
    status, answer = post_form(sign({"user_id": "7"}, consumer=True), "/workplace/data-deletion")

    entered = Removal.objects.get()
    assert (status, answer["confirmation_code"]) == (200, entered.confirmation_code)
    assert answer["url"] == f"http://127.0.0.1:8000/removal/{entered.confirmation_code}"
    assert Client().get(f"/removal/{entered.confirmation_code}").status_code == 200


def test_a_repeated_deletion_request_acts_once_and_gets_the_same_code(db):
    value = sign({"user_id": "7"})
    first = post_form(value, "/workplace/data-deletion")
    third_party = make_installation(kind=InstallationKind.THIRD_PARTY)
    link = make_link(third_party, account_id="7")

    assert post_form(value, "/workplace/data-deletion") == first

    link.refresh_from_db()
    assert (link.removed_at, Removal.objects.count()) == (None, 1)


def test_a_notice_that_names_a_community_is_no_deletion_request(db):
    value = uninstall_of(COMMUNITY, user_id="7")

    assert post_form(value, "/workplace/data-deletion") == REFUSAL
    assert not Removal.objects.exists()
