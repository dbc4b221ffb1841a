import subprocess
import sys
from datetime import timedelta

import pytest
from django.conf import settings as live
from django.core.checks import run_checks

from config.checks.settings import check_removal, check_services
from config.keys.secrets import generate, random_base64

PRODUCTION = {
    "BASE_URL": "https://kotozute.example.com",
    "ALLOWED_HOSTS": ["kotozute.example.com"],
    "OPERATOR_EMAILS": ["operator@example.com"],
    "METRICS_TOKEN": "a-token-for-the-metrics",
    "REDIS_EMBEDDED": False,
    "TRUSTED_PROXIES": 1,
    "EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend",
    "WORKPLACE_GRAPH_URL": "https://graph.workplace.com",
    "WORKPLACE_WEB_URL": "https://work.workplace.com",
}
WHSEC = "whsec_" + random_base64()


@pytest.fixture
def change(settings):
    def apply(**values):
        for name, value in values.items():
            setattr(settings, name, value)

    return apply


def ids() -> list[str]:
    return [message.id or "" for message in run_checks()]


def test_the_tests_own_settings_raise_nothing():
    assert ids() == []


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"METRICS_TOKEN": "short"}, ["config.E070"]),
        ({"WORKER_METRICS_ADDRESS": "9101"}, ["config.E071"]),
        ({"WORKER_METRICS_ADDRESS": "[::]:9101"}, []),
        ({"SECRET_KEY": ""}, ["config.E001"]),
        ({"SECRET_KEY": "short"}, ["config.E001"]),
        ({"ENCRYPTION_KEYS": []}, ["config.E002"]),
        ({"ENCRYPTION_KEYS": ["c2hvcnQ="]}, ["config.E003"]),
        ({"ENCRYPTION_KEYS": [live.ENCRYPTION_KEYS[0]] * 2}, ["config.E004"]),
        ({"ENCRYPTION_KEYS": ["a" * 60], "SECRET_KEY": "a" * 60}, ["config.E003", "config.E004"]),
        ({"ALLOWED_HOSTS": ["*"]}, ["config.E008"]),
        ({"OVICE_EVENT_SECRETS": []}, ["config.W001"]),
        ({"OVICE_EVENT_SECRETS": ["secret"]}, ["config.E009"]),
        ({"OVICE_CONNECTOR_KEYS": ["the-key-itself"]}, ["config.E010"]),
        (
            {
                "OVICE_LAUNCH_JWKS_URL": "https://ovice.example/jwks",
                "OVICE_LAUNCH_SECRET": "s",
                "OVICE_ISSUER": "https://ovice.example",
            },
            ["config.E011"],
        ),
        ({"OVICE_LAUNCH_SECRET": "s"}, ["config.E012"]),
        ({"OVICE_ISSUER": "https://ovice.example"}, ["config.E012"]),
        ({"OVICE_CALLBACK_URL": "https://ovice.example/callback"}, ["config.E014"]),
        ({"OVICE_CALLBACK_SECRET": WHSEC}, ["config.E014"]),
        ({"WORKPLACE_APP_ID": "1"}, ["config.E015"]),
        ({"WORKPLACE_APP_SECRET": "s", "WORKPLACE_APP_ID": "1"}, ["config.E015"]),
        ({"WORKPLACE_WEBHOOK_VERIFY_TOKEN": "t"}, ["config.E015"]),
        ({"WORKPLACE_GRAPH_URL": "http://graph.workplace.com"}, ["config.E016"]),
        ({"WORKPLACE_GRAPH_URL": "https://"}, ["config.E018"]),
        ({"RELAY_LEASE": timedelta(0)}, ["config.E017"]),
        ({"RELAY_SWEEP_EVERY": timedelta(seconds=-1)}, ["config.E017"]),
        ({"WORKER_THREADS": 0}, ["config.E017"]),
        ({"AUDIT_WINDOW": timedelta(0)}, ["config.E017"]),
        ({"HEARTBEAT_URL": "http://monitor.example.com/ping"}, ["config.E016"]),
        ({"TRUSTED_PROXIES": -1}, ["config.E030"]),
        ({"REDIS_URL": "redis://broker:6379/0"}, ["config.W006"]),
        ({"REDIS_URL": "rediss://user:@10.0.0.7/0"}, ["config.W006"]),
        ({"REDIS_URL": "redis://user:word@broker:6379/0"}, []),
        ({"REDIS_URL": "redis://broker?password=word"}, []),
        ({"REDIS_URL": "redis://[::1]:6379/0"}, []),
        ({"REDIS_URL": "unix:///run/valkey.sock?db=1"}, []),
        (
            {"OVICE_CALLBACK_URL": "http://o.example", "OVICE_CALLBACK_SECRET": WHSEC},
            ["config.E016"],
        ),
    ],
)
def test_a_wrong_setting_has_its_own_id(change, values, expected):
    change(**values)
    assert ids() == expected


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"BASE_URL": "kotozute.example.com"}, "config.E005"),
        ({"BASE_URL": "https://kotozute.example.com/app"}, "config.E005"),
        ({"BASE_URL": "http://kotozute.example.com"}, "config.E006"),
        ({"DEBUG": True}, "config.E007"),
        (
            {"OVICE_LAUNCH_SECRET": "s", "OVICE_ISSUER": "https://ovice.example"},
            "config.E013",
        ),
        ({"REDIS_EMBEDDED": True}, "config.W003"),
        ({"TRUSTED_PROXIES": 0}, "config.W030"),
        ({"RELAY_LEASE": timedelta(seconds=30)}, "config.W005"),
        ({"HEARTBEAT_URL": ""}, "config.W060"),
        ({"AUDIT_EVERY": timedelta(minutes=5)}, "config.W061"),
        ({"EMAIL_BACKEND": "django.core.mail.backends.console.EmailBackend"}, "config.W004"),
    ],
)
def test_a_value_that_is_fine_on_this_machine_is_not_in_production(change, values, expected):
    on_this_machine = {name: value for name, value in values.items() if name != "BASE_URL"}
    change(**on_this_machine)
    assert ids() == []
    change(**PRODUCTION | values)
    assert expected in ids()


def test_sqlite_is_for_trying_out_only(change):
    change(**PRODUCTION)
    engine = live.DATABASES["default"]["ENGINE"]
    expected = ["config.W002"] if engine.endswith("sqlite3") else []
    assert [message.id for message in check_services()] == expected


def test_no_message_quotes_a_secret(change):
    change(ENCRYPTION_KEYS=["canary-key"], OVICE_EVENT_SECRETS=["canary-secret"])
    change(OVICE_CONNECTOR_KEYS=["canary-connector"], SECRET_KEY="canary-secret-key")
    assert "canary" not in "".join(f"{m.msg} {m.hint}" for m in run_checks())


def test_generated_secrets_pass_every_check(change):
    made = generate()
    change(
        SECRET_KEY=made["SECRET_KEY"],
        ENCRYPTION_KEYS=[made["ENCRYPTION_KEYS"]],
        OVICE_EVENT_SECRETS=[made["OVICE_EVENT_SECRETS"]],
    )
    assert ids() == []


def test_secrets_can_be_generated_before_anything_is_set_up():
    command = [sys.executable, "manage.py", "generate_secrets"]
    env = {"ENV_FILE": "/dev/null", "PATH": ""}
    done = subprocess.run(
        command, env=env, cwd=live.BASE_DIR, capture_output=True, text=True, check=True
    )
    assert [line.split("=")[0] for line in done.stdout.splitlines()] == list(generate())


def start(module: str, *arguments: str, **env: str) -> str:
    """Try to start a process with these settings and return what it complained of."""
    done = subprocess.run(
        [sys.executable, "-m", module, *arguments],
        env={"ENV_FILE": "/dev/null", "PATH": "", **env},
        cwd=live.BASE_DIR,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert done.returncode != 0
    return done.stderr


@pytest.mark.parametrize(
    "command",
    [
        ("gunicorn", "-c", "python:config.gunicorn", "--bind", "127.0.0.1:0"),
        ("celery", "-A", "config", "worker"),
        ("celery", "-A", "config", "beat"),
    ],
    ids=["web", "worker", "beat"],
)
def test_no_process_starts_with_unsound_settings(command):
    complaint = start(*command, SECRET_KEY="x" * 60)
    assert "(config.E002) ENCRYPTION_KEYS is empty." in complaint


def test_a_malformed_address_of_the_database_is_not_quoted():
    complaint = start("django", "check", "--settings", "config.settings", DATABASE_URL=BAD_URL)
    assert "DATABASE_URL is not a valid address." in complaint
    assert "canary" not in complaint


BAD_URL = "postgres://kotozute:canary/word@127.0.0.1:5432/kotozute"


@pytest.mark.parametrize(
    ("setting", "value", "found"),
    [
        ("RECEIPT_SIGNING_KEY", "", "config.E040"),
        ("RECEIPT_SIGNING_KEY", "c2hvcnQ=", "config.E040"),
        ("RECEIPT_SIGNING_KEY", "not base64", "config.E040"),
        ("REMOVAL_GRACE", timedelta(days=-1), "config.E041"),
        ("REMOVAL_GRACE", timedelta(days=31), "config.E041"),
    ],
)
def test_a_removal_needs_a_key_and_a_lawful_grace(settings, setting, value, found):
    setattr(settings, setting, value)

    assert [message.id for message in check_removal()] == [found]


def test_the_receipt_key_is_no_master_key(settings):
    settings.RECEIPT_SIGNING_KEY = settings.ENCRYPTION_KEYS[0]

    assert [message.id for message in check_removal()] == ["config.E040"]
