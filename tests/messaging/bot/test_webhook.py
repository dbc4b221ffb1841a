"""The webhook's door: who is let in, what is stored, and what never is."""

import hashlib
import hmac
import json
import threading
import time
from uuid import uuid4

import pytest
from django.db import OperationalError, connections, transaction
from django.test import Client
from django.utils.timezone import now

from integrations.connections.health import health_of
from integrations.models import Installation, InstallationState
from integrations.targets.events import Update, UpdateKind, keys_of_secret
from messaging.bot import receive, webhook
from messaging.bot.store import store
from messaging.bot.webhook import BODY_LIMIT
from messaging.models.bot import ReceivedUpdate
from tests.factories import make_installation

SECRET = "secret-of-this-integration"
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("wakes")]


@pytest.fixture
def installation():
    made = make_installation(bot_id="200", community_id="9007199254740993")
    made.app_secret = SECRET
    made.save()
    return made


def item(**content):
    content = content or {"message": {"mid": uuid4().hex, "text": "my secret words"}}
    sender = {"id": "100", "community": {"id": 9007199254740993}}
    moment = int(time.time() * 1000)
    return {"sender": sender, "recipient": {"id": "200"}, "timestamp": moment, **content}


def body_of(*items, page="200"):
    entry = {"id": page, "time": 1, "messaging": list(items)}
    return json.dumps({"object": "page", "entry": [entry]}).encode()


def post(body, path, secret=SECRET, **headers):
    if not headers:
        digest = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
        headers = {"X-Hub-Signature-256": f"sha256={digest}"}
    return Client().post(path, body, content_type="application/json", headers=headers)


def own(installation):
    return f"/workplace/webhook/{installation.pk}"


def stored():
    return ReceivedUpdate.objects.count()


def test_a_signed_update_is_stored_and_answered_with_nothing(installation):
    answer = post(body_of(item()), own(installation))
    assert (answer.status_code, answer.content) == (200, b"")
    update = ReceivedUpdate.objects.get()
    assert (update.installation, update.account_id, update.kind) == (installation, "100", "wrote")


def test_nothing_of_what_somebody_wrote_is_stored(installation):
    post(body_of(item()), own(installation))
    [row] = ReceivedUpdate.objects.values()
    assert "secret" not in str(row)


def test_the_same_post_twice_is_stored_once(installation):
    body = body_of(item())
    assert [post(body, own(installation)).status_code for _ in range(2)] == [200, 200]
    assert stored() == 1


def test_of_a_post_that_repeats_something_the_rest_is_stored(installation):
    known, new = item(), [item() for _ in range(3)]
    post(body_of(known), own(installation))
    assert post(body_of(*new, known, new[0]), own(installation)).status_code == 200
    assert stored() == 4
    [row] = ReceivedUpdate.objects.filter(message_ids=[new[0]["message"]["mid"]])
    assert (row.installation, row.organization) == (installation, installation.organization)


def test_of_an_installation_removed_meanwhile_nothing_is_stored(installation, monkeypatch):
    """The receiver of the post had seen it alive."""

    def store_late(told):
        Installation.objects.update(state=InstallationState.REMOVED)
        store(told)

    monkeypatch.setattr(receive, "store", store_late)
    assert post(body_of(item()), own(installation)).status_code == 200
    assert stored() == 0


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_the_remover_of_an_installation_waits_for_updates_that_are_just_being_stored(installation):
    updates = [(installation, update("1")), (installation, update("2"))]
    removed: list[int] = []

    def remove() -> None:
        Installation.objects.filter(pk=installation.pk).update(state=InstallationState.REMOVED)
        removed.append(stored())
        connections.close_all()

    with transaction.atomic():
        store(updates)
        removing = threading.Thread(target=remove)
        removing.start()
        removing.join(0.5)
        assert removed == []
    removing.join()
    assert removed == [2]


def update(key: str) -> Update:
    return Update(
        key=key, kind=UpdateKind.WROTE, at=now(), bot_id="200", account_id="100", message_ids=("m",)
    )


def test_the_app_of_many_organizations_has_a_door_of_its_own(installation, settings):
    settings.WORKPLACE_APP_SECRET = "secret-of-the-app"
    body = body_of(item())
    assert post(body, "/workplace/webhook", "secret-of-the-app").status_code == 200
    assert stored() == 1


@pytest.mark.parametrize(
    "headers",
    [
        {"X-Nothing": "1"},
        {"X-Hub-Signature": "sha1="},
        {"X-Hub-Signature-256": "sha256=" + "0" * 64},
        {"X-Hub-Signature-256": "é"},
    ],
)
def test_an_unproven_post_is_refused_without_a_word(installation, headers):
    answer = post(body_of(item()), own(installation), **headers)
    assert (answer.status_code, answer.content, stored()) == (403, b"", 0)


def test_the_older_signature_counts_only_alone(installation):
    body = body_of(item())
    old = "sha1=" + hmac.new(SECRET.encode(), body, hashlib.sha1).hexdigest()
    wrong = {"X-Hub-Signature": old, "X-Hub-Signature-256": "sha256=00"}
    assert post(body, own(installation), **wrong).status_code == 403
    assert post(body, own(installation), **{"X-Hub-Signature": old}).status_code == 200


@pytest.mark.parametrize("state", [InstallationState.REMOVED, InstallationState.PURGED])
def test_a_removed_installation_looks_like_one_that_never_was(installation, state):
    installation.state = state
    installation.save()
    gone = post(body_of(item()), own(installation))
    never = post(body_of(item()), f"/workplace/webhook/{uuid4()}")
    assert (gone.status_code, gone.content) == (never.status_code, never.content) == (403, b"")


def test_an_integration_cannot_speak_for_another_organizations_bot(installation):
    other = make_installation(bot_id="300")
    assert post(body_of(item(), page="300"), own(installation)).status_code == 200
    assert (stored(), other.updates.count()) == (0, 0)


def test_a_foreign_community_on_our_bots_page_is_left_out(installation):
    sender = {"id": "100", "community": {"id": 9007199254740992}}
    post(body_of(item(message={"mid": "m", "text": "x"}) | {"sender": sender}), own(installation))
    assert stored() == 0


def test_a_bot_whose_community_nobody_could_read_is_heard_all_the_same(installation):
    installation.community_id = ""
    installation.save()
    post(body_of(item()), own(installation))
    assert stored() == 1


def test_an_address_of_an_earlier_generation_finds_the_live_one(installation):
    installation.state = InstallationState.REMOVED
    installation.save()
    live = make_installation(
        installation.organization, bot_id="200", community_id="9007199254740993"
    )
    live.app_secret = SECRET
    live.save()
    assert post(body_of(item()), own(installation)).status_code == 200
    assert live.updates.count() == 1


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b"\xff\xfe", b"null"])
def test_a_signed_post_that_nobody_can_read_is_a_bad_request(installation, body):
    assert post(body, own(installation)).status_code == 400


def test_a_post_larger_than_any_is_refused_unread(installation):
    assert post(b" " * (BODY_LIMIT + 1), own(installation)).status_code == 413


def test_a_thousand_updates_in_one_post_are_stored(installation, django_assert_max_num_queries):
    body = body_of(*(item(message={"mid": f"m_{n}"}) for n in range(1000)))
    with django_assert_max_num_queries(20):
        assert post(body, own(installation)).status_code == 200
    assert stored() == 1000


@pytest.mark.parametrize(
    "message",
    [
        {"mid": "m"},
        {"mid": "m", "attachments": [{"type": "image", "payload": {"url": "https://x"}}]},
        {"mid": "m", "sticker_id": 10**40},
        {"mid": 10**40, "text": None},
        {"mid": "m", "text": "\x00\ud800"},
    ],
)
def test_a_message_of_any_kind_is_only_a_message(installation, message):
    assert post(body_of(item(message=message)), own(installation)).status_code == 200
    assert ReceivedUpdate.objects.get().kind == "wrote"


def test_the_set_up_call_gets_its_challenge_back(installation):
    query = {
        "hub.mode": "subscribe",
        "hub.challenge": "1158201444",
        "hub.verify_token": keys_of_secret(SECRET).verify_token,
    }
    answer = Client().get(own(installation), query)
    assert (answer.status_code, answer.content) == (200, b"1158201444")
    query["hub.verify_token"] = "guess"
    assert Client().get(own(installation), query).status_code == 403


def test_without_an_app_secret_nothing_is_believed(installation):
    installation.app_secret = None
    installation.save()
    assert post(body_of(item()), own(installation), secret="").status_code == 403
    assert Client().get(own(installation), {"hub.mode": "subscribe"}).status_code == 403


def test_a_database_that_is_away_asks_for_it_again(installation, monkeypatch):
    def away(*_args, **_kwargs):
        raise OperationalError

    monkeypatch.setattr(receive, "store", away)
    assert post(body_of(item()), own(installation)).status_code == 503


def test_webhooks_that_the_secret_does_not_prove_are_noted_until_one_is(installation):
    for _ in range(2):
        assert post(body_of(item()), own(installation), secret="another").status_code == 403
    installation.refresh_from_db()
    assert health_of(installation).reason == "webhooks_refused"
    since = installation.refused_at
    post(body_of(item()), own(installation), secret="another")
    installation.refresh_from_db()
    assert installation.refused_at == since
    post(body_of(item()), own(installation))
    installation.refresh_from_db()
    assert (installation.refused_at, health_of(installation).reason) == (None, "")


def test_a_refusal_that_cannot_be_noted_looks_like_any_other(installation, monkeypatch):
    def away(*_args, **_kwargs):
        raise OperationalError

    monkeypatch.setattr(webhook, "note_refused", away)
    assert post(body_of(item()), own(installation), secret="another").status_code == 403


def test_hearing_something_is_noted_on_the_installation(installation):
    post(body_of(item()), own(installation))
    installation.refresh_from_db()
    assert installation.told_at is not None
