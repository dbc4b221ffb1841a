"""Callbacks to ovice, and their delivery."""

import time
from datetime import timedelta

import pytest
from celery import current_app
from django.core.management import call_command
from django.db import transaction
from django.utils.timezone import now
from kombu.exceptions import OperationalError

from accounts.linking.link import RemovedReason, remove_links
from accounts.linking.verify import need_attention as link_needs_attention
from accounts.models import Link
from integrations.connections.hold import end_attention, need_attention
from integrations.models import Callback, Organization
from integrations.ovice import callback_delivery
from integrations.ovice import client as ovice
from integrations.ovice.callbacks import retry_dead_letters, tell, tell_many
from integrations.ovice.webhooks import verify
from integrations.removal.uninstall import remove_installation
from tests.factories import make_link, make_organization
from tests.integrations.callbacks import SECRET, tell_all
from tests.integrations.workplace.wire import HEADERS_END, answer, wire
from tests.sandbox.ovice.receiver import Answer, Receiver, listening

pytestmark = pytest.mark.django_db
SECONDS_LATE = 1.1


def told(endpoint: Receiver) -> list[int]:
    return [request.event["data"]["n"] for request in endpoint.received]


def tell_numbers(organization: Organization, *numbers: int) -> None:
    for n in numbers:
        tell(organization, "link.created", n=n)


def later() -> None:
    """Let the time pass that every waiting callback has to wait."""
    Callback.objects.open().update(due_at=now())


def test_a_callback_is_signed_and_names_its_organization(endpoint):
    organization = make_organization("4821")
    tell(organization, "link.created", member={"id": "223344"})
    tell_all()
    (request,) = endpoint.received
    webhook_id = verify(request.headers, request.body, secrets=[SECRET], at=time.time())
    row = Callback.objects.get()
    assert (row.status, row.tries, row.claimed_at) == (202, 1, None)
    assert row.delivered_at is not None
    assert request.event == {
        "type": "link.created",
        "timestamp": row.happened_at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "data": {
            "event_id": webhook_id,
            "organization": {"id": "4821"},
            "member": {"id": "223344"},
        },
    }


def test_a_repeat_has_the_same_id_and_another_timestamp(endpoint, time_machine):
    time_machine.move_to(now(), tick=False)
    endpoint.answers.append(Answer(503))
    tell_numbers(make_organization(), 1)
    tell_all()
    time_machine.shift(timedelta(seconds=30))
    tell_all()
    first, second = (request.headers for request in endpoint.received)
    assert first["webhook-id"] == second["webhook-id"]
    assert int(second["webhook-timestamp"]) == int(first["webhook-timestamp"]) + 30


def test_without_an_address_nothing_is_written_down(settings):
    settings.OVICE_CALLBACK_URL = ""
    tell_numbers(make_organization(), 1)
    assert Callback.objects.count() == 0


def test_an_address_that_was_taken_away_is_not_called(endpoint, settings, woken):
    tell_numbers(make_organization(), 1)
    settings.OVICE_CALLBACK_URL = ""
    tell_all()
    assert (callback_delivery.sweep(), endpoint.received) == (0, [])


def test_a_change_that_is_rolled_back_is_not_told(endpoint):
    with transaction.atomic():
        tell_numbers(make_organization(), 1)
        transaction.set_rollback(True)
    assert Callback.objects.count() == 0


@pytest.mark.django_db(transaction=True)
def test_it_is_told_as_soon_as_it_is_committed(endpoint, woken):
    organization = make_organization()
    tell_many(organization, "link.removed", [{"n": 1}, {"n": 2}])
    assert woken == [str(organization.pk)]


@pytest.mark.django_db(transaction=True)
def test_a_broker_that_is_away_loses_nothing(endpoint, monkeypatch):
    def away(*_args, **_options):
        raise OperationalError

    monkeypatch.setattr(current_app, "send_task", away)
    tell_numbers(make_organization(), 1)
    assert Callback.objects.open().count() == 1


def test_the_sweep_wakes_each_organization_with_something_due_once(endpoint, woken):
    due, waiting = make_organization(), make_organization()
    tell_numbers(due, 1, 2)
    tell_numbers(waiting, 3)
    Callback.objects.filter(organization=waiting).update(due_at=now() + timedelta(minutes=1))
    assert callback_delivery.sweep() == 1
    assert woken == [str(due.pk)]


def test_one_organizations_callbacks_arrive_in_order(endpoint):
    tell_numbers(make_organization(), 1, 2, 3)
    tell_all()
    assert told(endpoint) == [1, 2, 3]


@pytest.mark.parametrize("status", [500, 502, 503, 429, 408])
def test_while_ovice_is_away_the_younger_wait_behind_the_oldest(endpoint, status):
    endpoint.answers.append(Answer(status))
    tell_numbers(make_organization(), 1, 2)
    tell_all()
    tell_all()
    assert told(endpoint) == [1]
    later()
    tell_all()
    assert told(endpoint) == [1, 1, 2]


@pytest.mark.parametrize("status", [302, 400, 401, 404])
def test_one_that_ovice_refuses_waits_alone(endpoint, status):
    endpoint.answers.append(Answer(status, headers={"Location": "/elsewhere"}))
    tell_numbers(make_organization(), 1, 2)
    tell_all()
    assert told(endpoint) == [1, 2]
    assert Callback.objects.open().get().status == status


def test_a_redirect_is_never_followed(endpoint):
    with listening() as elsewhere:
        endpoint.answers.append(Answer(307, headers={"Location": elsewhere.url}))
        tell_numbers(make_organization(), 1)
        tell_all()
        assert elsewhere.received == []


def test_an_endpoint_nobody_listens_at_is_tried_again(endpoint, settings):
    settings.OVICE_CALLBACK_URL = "http://127.0.0.1:9/callback"
    tell_numbers(make_organization(), 1)
    tell_all()
    row = Callback.objects.open().get()
    assert (row.status, row.tries, row.claimed_at) == (0, 1, None)
    assert row.due_at > now()


def test_an_answer_that_drips_in_is_not_waited_for(endpoint, settings, monkeypatch):
    monkeypatch.setattr(ovice, "ANSWER_SECONDS", 0.3)
    with wire(answer(b"{}" + b" " * 500), drip=0.05, drip_from=HEADERS_END) as server:
        settings.OVICE_CALLBACK_URL = server.url
        tell_numbers(make_organization(), 1)
        started = time.monotonic()
        tell_all()
    assert time.monotonic() - started < SECONDS_LATE
    assert Callback.objects.open().get().status == 0


def test_the_waits_follow_the_schedule_for_about_three_days(endpoint, monkeypatch, time_machine):
    time_machine.move_to(now(), tick=False)
    monkeypatch.setattr("integrations.ovice.callback_delivery.random.random", lambda: 0.5)
    endpoint.answers.extend([Answer(500)] * 10)
    tell_numbers(make_organization(), 1)
    waits = []
    while (row := Callback.objects.get()).given_up_at is None:
        Callback.objects.update(due_at=now())
        tell_all()
        row.refresh_from_db()
        waits.append(round((row.due_at - now()).total_seconds() / 1.05))
    assert waits == [5, 300, 1800, 7200, 18000, 36000, 50400, 72000, 86400, 0]
    assert len(endpoint.received) == 10
    assert 74 < sum(waits) / 3600 < 76


@pytest.mark.parametrize(
    ("value", "seconds"),
    [("900", 900), ("1", 5), ("999999999999", 86_400), ("soon", 5), ("-3", 5), ("", 5)],
)
def test_ovice_may_ask_for_a_longer_wait(endpoint, monkeypatch, time_machine, value, seconds):
    time_machine.move_to(now(), tick=False)
    monkeypatch.setattr("integrations.ovice.callback_delivery.random.random", lambda: 0)
    endpoint.answers.append(Answer(429, headers={"Retry-After": value}))
    tell_numbers(make_organization(), 1)
    tell_all()
    assert Callback.objects.get().due_at - now() == timedelta(seconds=seconds)


def test_ovice_may_ask_to_wait_until_a_moment(endpoint, monkeypatch, time_machine):
    time_machine.move_to("2026-01-02T03:04:05Z", tick=False)
    date = "Fri, 02 Jan 2026 03:14:05 GMT"
    endpoint.answers.append(Answer(503, headers={"Retry-After": date}))
    tell_numbers(make_organization(), 1)
    tell_all()
    assert Callback.objects.get().due_at - now() == timedelta(minutes=10)


def test_an_endpoint_that_is_gone_is_left_alone_until_an_operator_retries(endpoint, capsys):
    first, second = make_organization(), make_organization()
    endpoint.answers.append(Answer(410))
    tell_numbers(first, 1, 2)
    tell_numbers(second, 3)
    tell_all()
    tell_numbers(first, 4)
    tell_all()
    assert told(endpoint) == [1]
    call_command("callbacks")
    assert "nothing is sent until you run this with --retry" in capsys.readouterr().out
    call_command("callbacks", "--retry")
    tell_all()
    assert told(endpoint) == [1, 1, 2, 3]


def test_a_dead_letter_is_listed_and_told_again(endpoint, capsys):
    tell_numbers(make_organization("4821"), 1)
    Callback.objects.update(given_up_at=now(), status=500, tries=10)
    call_command("callbacks")
    out = capsys.readouterr().out
    assert "link.created of organization 4821: last answer 500" in out
    assert "0 wait, 1 were given up." in out
    assert retry_dead_letters(Callback.objects.all()) == 1
    tell_all()
    assert Callback.objects.get().delivered_at is not None


def test_a_callback_that_is_being_sent_is_not_sent_twice(endpoint):
    organization = make_organization()
    tell_numbers(organization, 1, 2)
    assert callback_delivery._claim_next(organization.pk) is not None
    tell_all()
    assert endpoint.received == []


def test_a_callback_of_a_dead_worker_is_sent_again(endpoint):
    organization = make_organization()
    tell_numbers(organization, 1)
    callback_delivery._claim_next(organization.pk)
    Callback.objects.update(claimed_at=now() - callback_delivery.CLAIM - timedelta(seconds=1))
    tell_all()
    assert told(endpoint) == [1]


def test_a_long_queue_gives_its_worker_back(endpoint, monkeypatch, woken):
    monkeypatch.setattr(callback_delivery, "TIME_SLICE_SECONDS", -1)
    organization = make_organization()
    tell_numbers(organization, 1, 2)
    assert callback_delivery.tell_waiting(organization.pk) == 1
    assert woken == [str(organization.pk)]


def test_nothing_of_a_request_or_an_answer_is_logged(endpoint, caplog):
    endpoint.answers.append(Answer(500, body="canary"))
    tell(make_organization(), "link.created", member={"id": "canary"})
    tell_all()
    assert "canary" not in caplog.text


def data_of(kind: str) -> list[dict]:
    return [row.data for row in Callback.objects.filter(type=kind).order_by("pk")]


def test_a_link_that_ends_is_told_with_who_ended_it(endpoint):
    first, second = make_link(), make_link()
    remove_links(Link.objects.all(), reason=RemovedReason.EMAIL_CHANGED)
    assert data_of("link.removed") == [
        {"member": {"id": link.member.ovice_id}, "by": "email_changed"} for link in (first, second)
    ]
    assert Callback.objects.latest("pk").organization == second.organization


def test_a_link_that_is_made_is_told(endpoint, office):
    link = office.join("Hanako")
    assert data_of("link.created") == [{"member": {"id": link.member.ovice_id}}]


def test_a_link_that_needs_its_member_is_told_once(endpoint):
    link = make_link()
    for _ in range(2):
        link_needs_attention(link, reason="recipient_refused")
    assert data_of("link.needs_attention") == [
        {"member": {"id": link.member.ovice_id}, "reason": "recipient_refused"}
    ]


def test_a_connection_is_told_from_its_beginning_to_its_end(endpoint, new_office):
    office = new_office()
    need_attention(office.installation, reason="token_rejected")
    end_attention(office.installation)
    remove_installation(office.installation)
    told_of = [(row.type, row.data) for row in Callback.objects.order_by("pk")]
    assert told_of == [
        ("organization.connected", {"target": "workplace"}),
        (
            "organization.attention",
            {"target": "workplace", "state": "attention", "reason": "token_rejected"},
        ),
        ("organization.attention", {"target": "workplace", "state": "healed"}),
        ("organization.disconnected", {"target": "workplace"}),
    ]


def test_a_removed_connection_tells_of_its_links(endpoint):
    link = make_link()
    remove_installation(link.installation)
    assert data_of("link.removed") == [
        {"member": {"id": link.member.ovice_id}, "by": "org_disconnected"}
    ]


def test_the_pretend_ovice_believes_our_signature(ovice, settings):
    settings.OVICE_CALLBACK_SECRET = ovice.settings()["callback_secret"]
    settings.OVICE_CALLBACK_URL = f"{ovice.web_url}/ovice/callback"
    tell(make_organization("4821"), "link.created", member={"id": "223344"})
    tell_all()
    (heard,) = ovice.control("GET", "callbacks?after=0")["data"]
    assert (heard["error"], heard["body"]["type"]) == (None, "link.created")
