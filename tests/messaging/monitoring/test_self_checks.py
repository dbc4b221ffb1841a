"""The audit as a whole: one process at a time, one mail per incident, and the heartbeat."""

import logging
import threading
from datetime import timedelta
from smtplib import SMTPException

import pytest
import time_machine
from django.core import mail
from django.utils.timezone import now

from core.liveness import Pulse
from messaging.models import Audit
from messaging.models.incident_kinds import Kind
from messaging.models.monitoring import Finding, open_incidents
from messaging.monitoring import (
    components,
    heartbeat,
    incident_mail,
    self_checks,
    usual_traffic,
    watch,
)
from messaging.monitoring.canary import switch_on
from messaging.monitoring.self_checks import (
    audit,
    audit_if_due,
    audited_at,
    incidents_by_kind,
    take_turn,
)
from tests.factories import make_delivery, make_link

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)


@pytest.fixture
def clock(settings, monkeypatch):
    """A clock that stands still until a test moves it, in a service of which all parts live."""
    settings.OPERATOR_EMAILS = ["operator@example.com"]
    monkeypatch.setattr(components, "workers_that_answer", lambda: 1)
    with time_machine.travel(now(), tick=False) as traveller:
        yield traveller


def audits(clock, minutes: int, *, beat_lives: bool = True) -> None:
    """Let so many minutes go by, with an audit in each."""
    for _ in range(minutes):
        clock.shift(MINUTE)
        if beat_lives:
            Pulse("beat-seen-at").mark()
        Pulse("worker-seen-at").mark()
        assert audit_if_due()


def subjects() -> list[str]:
    return [str(letter.subject) for letter in mail.outbox]


def test_of_all_who_ask_one_audits():
    at = now()
    assert [take_turn(at) for _ in range(3)] == [True, False, False]
    assert take_turn(at + MINUTE)


def test_a_dead_beat_is_written_about_once_and_when_it_lives_again(clock):
    audits(clock, 2)
    audits(clock, 10, beat_lives=False)
    assert incidents_by_kind()[Kind.BEAT_MISSING] == 1
    assert subjects() == ["[Kotozute] beat_missing"]
    assert "See that beat runs" in mail.outbox[0].body
    assert [incident.kind for incident in open_incidents()] == ["beat_missing"]
    audits(clock, 10)
    assert subjects() == ["[Kotozute] beat_missing", "[Kotozute] beat_missing: over"]
    assert list(open_incidents()) == []
    assert not any(incidents_by_kind().values())
    assert audited_at() == now()


def test_messages_that_nobody_sends_are_found_within_a_quarter_of_an_hour(clock):
    audits(clock, 1)
    accepted_at = now()
    make_delivery(sent_at=accepted_at, due_at=accepted_at)
    while not mail.outbox:
        audits(clock, 1)
        assert now() - accepted_at < 15 * MINUTE
    assert subjects() == ["[Kotozute] stuck"]


@pytest.mark.usefixtures("wakes")
def test_a_canary_is_sent_by_whoever_audits_and_missed_when_it_does_not_arrive(clock):
    switch_on(make_link().member, every=15 * MINUTE)
    audits(clock, 8)
    assert subjects() == ["[Kotozute] canary_late, stuck"]


def test_a_mail_that_could_not_be_sent_is_sent_by_the_next_audit(clock, monkeypatch):
    def refuse(*_):
        raise SMTPException

    with monkeypatch.context() as patch:
        patch.setattr(incident_mail, "write_to_operator", refuse)
        audits(clock, 5, beat_lives=False)
    assert mail.outbox == []
    audits(clock, 1, beat_lives=False)
    assert subjects() == ["[Kotozute] beat_missing"]


def test_a_notice_is_shown_but_wakes_nobody_and_stops_no_heartbeat(clock, monkeypatch, beats):
    monkeypatch.setattr(self_checks, "QUESTIONS", (lambda _at: iter([Finding(Kind.QUIET)]),))
    audits(clock, 3)
    assert [incident.is_notice for incident in open_incidents()] == [True]
    assert mail.outbox == []
    assert beats == [True] * 3


def test_a_mail_about_many_names_some_and_counts_the_rest(clock, monkeypatch):
    found = [Finding(Kind.OUTAGE, about=f"target-{n}", facts={"minutes": n}) for n in range(25)]
    monkeypatch.setattr(self_checks, "QUESTIONS", (lambda _at: iter(found),))
    audits(clock, 2)
    assert len(mail.outbox) == 1
    assert "And 5 more." in mail.outbox[0].body


def test_a_cause_hides_what_it_explains(clock):
    make_delivery(due_at=now() - 10 * MINUTE)
    assert [finding.kind for finding in audit(now()).findings] == [Kind.BEAT_MISSING]


@pytest.fixture
def beats(monkeypatch) -> list[bool]:
    """The heartbeats in place of those that would be sent: whether all was well."""
    sent: list[bool] = []
    monkeypatch.setattr(heartbeat, "send", lambda *, is_well: sent.append(is_well))
    return sent


def test_the_heartbeat_says_whether_all_is_well(clock, beats):
    audits(clock, 2)
    audits(clock, 3, beat_lives=False)
    assert beats == [True] * 4
    audits(clock, 1, beat_lives=False)
    assert beats == [True] * 4 + [False]
    assert Audit.objects.get().well_at == now() - 2 * MINUTE


def test_a_question_that_fails_leaves_the_others_and_is_not_called_well(clock, monkeypatch, caplog):
    def fail(_at):
        raise ZeroDivisionError

    monkeypatch.setattr(usual_traffic, "find", fail)
    monkeypatch.setattr(self_checks, "QUESTIONS", (fail, components.find))
    report = audit(now())
    assert (report.failure, report.is_well) == ("ZeroDivisionError", False)
    assert [finding.kind for finding in report.findings] == [Kind.BEAT_MISSING]
    assert "could not be answered" in caplog.text


def test_a_process_begins_to_watch_once(monkeypatch):
    monkeypatch.setattr(watch, "_started", threading.Lock())
    monkeypatch.setattr(watch, "_watch", lambda: None)
    assert [watch.start(), watch.start()] == [True, False]


def test_a_process_that_cannot_audit_goes_on_looking(monkeypatch, caplog):
    def fail():
        raise OSError("postgres://user:secret@host")

    monkeypatch.setattr(watch, "audit_if_due", fail)
    monkeypatch.setattr("django.db.connections.close_all", lambda: None)
    watch.look()
    assert "the audit was not made" in caplog.text
    assert vars(caplog.records[0])["fields"]["error"] == "OSError"
    assert "secret" not in caplog.text


def test_the_heartbeat_is_sent_to_the_monitor(receiver, settings):
    settings.HEARTBEAT_URL = f"{receiver.url}/ping/secret"
    assert heartbeat.send(is_well=True)
    assert [post.path for post in receiver.posts] == ["/ping/secret"]


def test_without_a_suffix_failures_are_told_by_silence(receiver, settings):
    settings.HEARTBEAT_URL, settings.HEARTBEAT_FAIL_SUFFIX = f"{receiver.url}/ping", ""
    assert not heartbeat.send(is_well=False)
    settings.HEARTBEAT_FAIL_SUFFIX = "/fail"
    assert heartbeat.send(is_well=False)
    assert [post.path for post in receiver.posts] == ["/ping/fail"]


@pytest.mark.parametrize("url", ["http://127.0.0.1:9/ping/secret", "http://[bad/secret", ""])
def test_a_monitor_that_is_away_is_no_error_and_its_address_stays_secret(settings, caplog, url):
    settings.HEARTBEAT_URL = url
    with caplog.at_level(logging.DEBUG):
        assert not heartbeat.send(is_well=True)
    assert "secret" not in caplog.text


def test_a_monitor_that_refuses_is_said_without_its_address(receiver, settings, caplog):
    settings.HEARTBEAT_URL = f"{receiver.url}/ping/secret"
    receiver.statuses.append(404)
    assert not heartbeat.send(is_well=True)
    assert "did not take" in caplog.text
    assert "secret" not in caplog.text
