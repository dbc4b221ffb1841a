"""`manage.py doctor`: each thing that can be wrong is said, with what to do, and no secret."""

import base64
from collections.abc import Iterator
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils.timezone import now

from config.health import dependencies, network, questions, relay
from config.health.answers import Answer, Verdict
from config.health.questions import NAMES, Question, examine
from core.liveness import Pulse
from integrations.models.removal import Removal
from messaging.models import Incident
from messaging.models.incident_kinds import Kind
from messaging.models.monitoring import Audit, Finding, note
from tests.factories import make_delivery, make_installation, make_organization
from tests.removals import due, removed

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


def verdicts(name: str) -> list[str]:
    return [answer.verdict.value for answer in examine(name)]


def texts(name: str) -> str:
    return " ".join(f"{answer.text} {answer.remedy}" for answer in examine(name))


def doctor(*arguments: str) -> str:
    out = StringIO()
    call_command("doctor", *arguments, stdout=out)
    return out.getvalue()


def test_every_bad_answer_makes_the_command_fail_and_says_what_to_do(settings):
    settings.CALLBACK_SWEEP_EVERY = timedelta(0)
    out = StringIO()
    with pytest.raises(CommandError, match="1 things are wrong"):
        call_command("doctor", "--only", "settings", stdout=out)
    assert "BAD" in out.getvalue()
    assert "config.E017" in out.getvalue()
    assert "-> " in out.getvalue()


def test_a_page_without_anything_bad_is_a_success():
    assert "Nothing is wrong; 0 warnings." in doctor("--only", "database", "migrations", "purges")


def test_a_dry_run_names_the_questions_and_asks_none(monkeypatch):
    monkeypatch.setattr("config.management.commands.doctor.examine", None)
    assert doctor("--dry-run").splitlines() == list(NAMES)


def test_a_name_that_is_none_is_refused():
    with pytest.raises(CommandError, match="There is no liver"):
        doctor("--only", "liver")


def test_a_question_that_cannot_be_asked_is_answered_badly_without_its_error(monkeypatch):
    def ask() -> Iterator[Answer]:
        raise FileNotFoundError("/user:secret@host")

    monkeypatch.setattr(questions, "QUESTIONS", (Question("database", ask),))
    (answer,) = examine("database")
    assert (answer.verdict, answer.text) == (
        Verdict.BAD,
        "could not be examined (FileNotFoundError)",
    )


def test_tables_that_are_behind_are_found(monkeypatch):
    class Behind:
        def __init__(self, _connection):
            self.loader = type("Loader", (), {"graph": type("G", (), {"leaf_nodes": list})()})()

        def migration_plan(self, _targets):
            return [("messaging.0099_later", False)]

    monkeypatch.setattr(dependencies, "MigrationExecutor", Behind)
    assert "manage.py migrate" in texts("migrations")


def test_a_key_that_is_gone_is_found_by_its_name_alone(settings):
    make_installation()
    gone, other = settings.ENCRYPTION_KEYS[0], base64.b64encode(b"2" * 32).decode()
    settings.ENCRYPTION_KEYS = [other]
    said = texts("keys")
    assert "which is not in ENCRYPTION_KEYS" in said
    assert gone not in said
    settings.ENCRYPTION_KEYS = [other, gone]
    assert "rotate_keys" in texts("keys")
    assert Verdict.BAD not in verdicts("keys")


@pytest.mark.postgres
def test_a_database_in_another_time_is_found(monkeypatch):
    assert connection.vendor == "postgresql"
    monkeypatch.setattr(dependencies, "now", lambda: now() + HOUR)
    assert "off the database's Set both clocks by NTP: they differ by 3600 s" in texts("clock")


def test_beat_that_was_not_seen_is_found():
    assert verdicts("beat") == ["BAD"]
    Pulse("beat-seen-at").mark()
    assert verdicts("beat") == ["ok"]


def test_workers_that_do_not_answer_are_found(monkeypatch):
    for number, expected in ((0, "BAD"), (2, "ok")):
        monkeypatch.setattr(relay, "workers_that_answer", lambda number=number: number)
        assert verdicts("workers") == [expected]


def test_an_audit_that_is_not_made_any_more_is_found():
    assert verdicts("audit") == ["BAD"]
    Audit.objects.create(name="audit", ran_at=now() - HOUR)
    assert verdicts("audit") == ["BAD", "ok"]
    Audit.objects.update(ran_at=now(), failure="OperationalError")
    assert "OperationalError" in texts("audit")


def test_an_incident_is_repeated_with_the_places_to_look_at():
    Audit.objects.create(name="audit", ran_at=now())
    note([Finding(Kind.OUTAGE, about="workplace", facts={"minutes": 9})], now())
    assert verdicts("audit") == ["ok"]
    Incident.objects.update(confirmed_at=now())
    assert "workplace has not answered for 9 minutes" in texts("audit")
    assert verdicts("audit") == ["BAD"]


def test_a_delivery_that_has_been_due_for_long_is_a_warning():
    make_delivery(due_at=now() - HOUR)
    assert verdicts("queue") == ["warn"]
    assert "1 pending" in texts("queue")


def test_a_red_connection_is_named_with_what_its_owner_does():
    make_installation(make_organization("4821"), state="attention", attention_reason="token_dead")
    assert "organization 4821:" in texts("connections")


def test_a_purge_in_trouble_is_found():
    removal = due(removed(make_installation()))
    Removal.objects.filter(pk=removal.pk).update(failed_at=now())
    assert f"removal {removal.pk} is failed" in texts("purges")


def test_ourselves_the_clock_and_ovice_are_asked_over_the_network(receiver, settings):
    settings.BASE_URL = settings.WORKPLACE_GRAPH_URL = receiver.url
    settings.OVICE_CALLBACK_URL = f"{receiver.url}/callback"
    assert "answers 403" in texts("web")
    assert (verdicts("clock"), verdicts("callbacks")) == (["ok"], ["ok"])


def test_a_clock_that_is_off_is_found(receiver, settings, monkeypatch):
    settings.WORKPLACE_GRAPH_URL = receiver.url
    monkeypatch.setattr(network, "now", lambda: now() + HOUR)
    assert "off by 3" in texts("clock")


def test_a_service_that_does_not_answer_is_found(settings):
    nobody = "http://127.0.0.1:9"
    settings.BASE_URL = settings.OVICE_CALLBACK_URL = settings.OVICE_LAUNCH_JWKS_URL = nobody
    settings.OVICE_DIRECTORY_URL, settings.OVICE_DIRECTORY_KEY = nobody, "secret-key"
    assert [verdicts(name) for name in ("web", "callbacks", "launch keys")] == [["BAD"]] * 3


def test_the_sandboxes_ovice_is_well(office, settings):
    assert verdicts("directory") == ["ok"]


def test_a_mail_server_that_is_away_is_found_and_not_named(settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 9
    settings.OPERATOR_EMAILS = ["operator@example.com"]
    assert texts("mail").startswith("the mail server cannot be used (ConnectionRefusedError)")


def test_without_an_operators_address_nobody_is_told(settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    assert verdicts("mail") == ["ok", "warn"]
