"""Files shipped beside the code agree with the code, with the manual, and with themselves."""

import os
import re
import shutil
import signal
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
import yaml
from django.conf import settings

from config.checks.settings import LONGEST_CALL
from config.demo.ports import any_free_port
from config.keys.secrets import generate
from tests.config.image import ROOT, Image, ignored, of_final, steps
from tests.plugins.receiver import wait_until

COMPOSE = yaml.safe_load((ROOT / "compose.yaml").read_text())["services"]
OURS = ("migrate", "web", "worker", "beat")
UNITS = ROOT / "deploy" / "systemd"
NGINX = (ROOT / "deploy" / "nginx" / "kotozute.conf").read_text()
PACKAGES = ("config", "messaging", "accounts", "integrations", "core")
# gunicorn's own, not ours.
NOT_OURS = {"FORWARDED_ALLOW_IPS"}


class Unit(dict[str, list[str]]):
    """A systemd unit: the values of each name, in whatever section."""

    def __init__(self, name: str) -> None:
        """Read it; a name may come several times."""
        for line in (UNITS / name).read_text().splitlines():
            if "=" in line and not line.startswith("#"):
                key, value = line.split("=", 1)
                self.setdefault(key, []).append(value)


SERVICES = {path.name: Unit(path.name) for path in UNITS.glob("*.service")}
KINDS = {"web": "kotozute-web@.service", "worker": "kotozute-worker@.service"}
KINDS["beat"] = "kotozute-beat.service"


def plain(command: str) -> str:
    """Return a process's command without where it listens and what it calls itself."""
    command = command.replace("/opt/kotozute/.venv/bin/", "")
    return re.sub(r" (--bind|-n) \S+", "", command)


def documented() -> dict[str, str]:
    manual = (ROOT / "docs" / "operations.md").read_text()
    rows = re.findall(r"^\| (\w+) \| `([^`]+)` \|", manual, re.MULTILINE)
    return {kind: plain(command) for kind, command in rows if kind in KINDS}


def procfile() -> dict[str, str]:
    lines = (ROOT / "Procfile").read_text().splitlines()
    return {kind: plain(command) for kind, command in (line.split(": ", 1) for line in lines)}


def seconds(text: str) -> timedelta:
    return timedelta(seconds=int(text.removesuffix("s")))


def test_every_way_of_running_it_starts_the_documented_processes():
    units = {kind: plain(SERVICES[name]["ExecStart"][0]) for kind, name in KINDS.items()}
    image = {"web": plain(" ".join(yaml.safe_load(of_final("CMD")[-1])))}
    composed = {
        kind: plain(" ".join(COMPOSE[kind].get("command") or [image["web"]])) for kind in KINDS
    }
    listed = procfile()
    assert listed.pop("release") == "python manage.py migrate"
    assert documented() == listed == units == composed
    assert image["web"] == documented()["web"]


def test_ports_agree():
    assert of_final("EXPOSE") == ["8000"]
    assert "--bind 0.0.0.0:8000" in " ".join(yaml.safe_load(of_final("CMD")[-1]))
    assert COMPOSE["web"]["ports"] == ["127.0.0.1:8000:8000"]
    assert Unit("kotozute-web.socket")["ListenStream"] == ["127.0.0.1:8000"]
    assert "server 127.0.0.1:8000" in NGINX
    assert ":database:5432/" not in NGINX


def test_neither_database_nor_broker_is_published():
    published = {name for name, service in COMPOSE.items() if "ports" in service}
    assert published == {"web"}


def test_every_variable_that_is_set_is_one_that_is_explained():
    example = (ROOT / ".env.example").read_text()
    explained = set(re.findall(r"^#?([A-Z_]+)=", example, re.MULTILINE))
    composed = {name for kind in OURS for name in COMPOSE[kind]["environment"]} - NOT_OURS
    python = {"PATH", "PYTHONUNBUFFERED", "PYTHONDONTWRITEBYTECODE", "DJANGO_SETTINGS_MODULE"}
    image = set(re.findall(r"([A-Z_]+)=", " ".join(of_final("ENV")))) - python - {"ENV_FILE"}
    assert composed | image <= explained
    assert image == {"STATIC_ROOT"}


def test_secrets_come_from_a_file_that_is_in_no_image():
    assert {COMPOSE[kind]["env_file"] for kind in OURS} == {".env"}
    assert ignored(ROOT / ".env")
    assert ignored(ROOT / "config" / ".env")
    words = "\n".join(step.rest for step in steps())
    assert [name for name in generate() if name in words] == []


def test_a_stopping_worker_has_time_for_its_call_and_web_for_its_requests():
    longest = settings.RELAY_TIME_SLICE + LONGEST_CALL
    assert seconds(COMPOSE["worker"]["stop_grace_period"]) > longest
    assert seconds(SERVICES[KINDS["worker"]]["TimeoutStopSec"][0]) > longest
    graceful = timedelta(seconds=30)  # gunicorn's default
    assert seconds(COMPOSE["web"]["stop_grace_period"]) > graceful
    assert seconds(SERVICES[KINDS["web"]]["TimeoutStopSec"][0]) > graceful


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_a_unit_gives_its_process_no_rights(name):
    unit = SERVICES[name]
    for key in ("DynamicUser", "NoNewPrivileges", "PrivateTmp", "PrivateDevices", "ProtectHome"):
        assert unit[key] == ["yes"], key
    assert unit["ProtectSystem"] == ["strict"]
    assert unit["CapabilityBoundingSet"] == [""]
    assert unit["EnvironmentFile"] == ["/etc/kotozute/env"]
    assert ("Restart" in unit) == (name != "kotozute-migrate.service")


@pytest.mark.parametrize("kind", OURS)
def test_a_container_gives_its_process_no_rights(kind):
    service = COMPOSE[kind]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert of_final("USER") == ["10001:10001"]


def test_nothing_starts_before_the_database_is_up_to_date():
    for kind in KINDS:
        assert COMPOSE[kind]["depends_on"] == {
            "migrate": {"condition": "service_completed_successfully"}
        }
    assert COMPOSE["migrate"]["restart"] == "no"
    healthy = {
        name for name, service in COMPOSE.items() if service.get("healthcheck", {}).get("test")
    }
    assert healthy == {"worker", "database", "broker"}  # web has the image's own


def test_the_last_stage_has_neither_compiler_nor_installer():
    runs = [step.rest for step in steps() if step.word == "RUN"]
    install = next(run for run in runs if "pip install" in run)
    assert "--require-hashes" in install
    assert "--only-binary :all:" in install
    assert not [run for run in runs if "apt" in run]
    assert [run.split()[0] for run in of_final("RUN")] == ["useradd"]


def test_the_proxy_buffers_requests_and_names_the_visitor_once():
    assert "proxy_request_buffering on;" in NGINX
    locations = NGINX.count("proxy_pass http://kotozute;")
    for header in ("Host $host", "X-Forwarded-Proto https", "X-Forwarded-For $remote_addr"):
        assert NGINX.count(f"proxy_set_header {header};") == locations
    limit = re.search(r"client_max_body_size (\d+)k;", NGINX)
    assert limit
    assert int(limit[1]) * 1024 >= settings.BATCH_BODY_LIMIT


def test_systemd_takes_the_units_where_it_is_installed(tmp_path):
    # It also looks whether the programs are there.
    for path in UNITS.iterdir():
        text = path.read_text().replace(
            "/opt/kotozute/.venv/bin/", f"{Path(sys.executable).parent}/"
        )
        (tmp_path / path.name).write_text(text.replace("/opt/kotozute", str(ROOT)))
    program = shutil.which("systemd-analyze") or "true"
    done = subprocess.run(
        [program, "verify", *map(str, tmp_path.iterdir())],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")


@pytest.fixture(scope="module")
def image(tmp_path_factory):
    """The image's files, made by the Dockerfile's steps with the packages at hand."""
    built = Image(tmp_path_factory.mktemp("image"))
    built.build()
    return built


def test_the_image_has_all_that_the_code_reads_and_nothing_else(image):
    code = "; ".join(f"import {name}" for name in ("config.wsgi", "config.celery", "sys"))
    shown = "print(*{m.__file__ for m in sys.modules.values() if getattr(m, '__file__', None)})"
    done = subprocess.run(
        [str(image.venv / "bin" / "python"), "-c", f"{code}; {shown}"],
        cwd=image.app,
        env=image.environment(**generate()),
        capture_output=True,
        text=True,
        check=False,
    )
    assert not done.returncode, done.stderr
    assert not [path for path in done.stdout.split() if path.startswith(f"{ROOT}/config")]
    ours = {path.name for path in image.app.iterdir()}
    assert ours == {
        *PACKAGES,
        "manage.py",
        "LICENSE",
        "templates",
        "static",
        "locale",
        "deploy",
        "staticfiles",
    }
    assert (image.app / "staticfiles" / "staticfiles.json").is_file()


def test_the_image_serves_from_files_it_cannot_write_to(image):
    port = any_free_port()
    env = {**generate(), "BASE_URL": "https://kotozute.example.com"}
    assert not image.is_alive(port, env)
    process = image.start_web(port, env)
    try:
        wait_until(lambda: image.is_alive(port, env), "the web process")
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        assert process.wait(10) == 0
