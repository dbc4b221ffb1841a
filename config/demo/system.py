"""The whole service as real processes on this machine: broker, database, sandbox, web, workers.

Everything lives in one temporary folder: an SQLite file, the broker's socket, the logs. The demo
and the tests that kill processes stand on this.
"""

import json
import os
import re
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, Self
from urllib.parse import quote

import requests

from config.demo.children import ChildError, Children
from config.demo.ports import HOST
from config.demo.valkey import start_valkey
from config.keys.secrets import generate, random_base64
from integrations.ovice.webhooks import SECRET_PREFIX

ROOT = Path(__file__).resolve().parents[2]
START_SECONDS = 30.0
PREPARING = """
from django.core.management import call_command
call_command("check")
call_command("migrate", verbosity=0)
call_command("collectstatic", interactive=False, verbosity=0)
"""
_SANDBOX_READY = re.compile(r"sandbox ready graph=(?P<graph>\S+) web=(?P<web>\S+)")


@dataclass(frozen=True, slots=True)
class Ports:
    """Where the three parts with pages listen; 0 lets the sandbox choose."""

    web: int
    sandbox: int = 0
    graph: int = 0


class System:
    """Kotozute and its sandbox, as a group of child processes.

    ``env`` may name other services by ``DATABASE_URL`` and ``REDIS_URL``, and override settings.
    """

    def __init__(self, folder: Path, ports: Ports, env: Mapping[str, str] | None = None) -> None:
        self.folder = folder
        self.ports = ports
        self.base_url = f"http://{HOST}:{ports.web}"
        self.socket = folder / "valkey.sock"
        self.own_redis_url = f"unix://{quote(str(self.socket))}"
        self.sandbox_url = ""
        self.graph_url = ""
        self.http = requests.Session()
        # A proxy of the person's environment has no business on this machine's own addresses.
        self.http.trust_env = False
        self.children = Children(folder, self._environment(env or {}), cwd=ROOT)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.children.stop_all()

    @property
    def embedded_broker(self) -> bool:
        """Tell whether the broker is this system's own Valkey."""
        return self.children.env["REDIS_URL"] == self.own_redis_url

    def start_broker(self) -> None:
        """Start the embedded Valkey; nothing to do where a broker was given."""
        if self.embedded_broker:
            self.children.adopt("valkey", start_valkey(self.socket))

    def start_sandbox(self) -> None:
        """Start the pretend ovice and the pretend Workplace and learn where they listen."""
        self.children.start("sandbox", [sys.executable, "-m", "sandbox"])
        self.children.wait_until("the sandbox", self._sandbox_ready, seconds=START_SECONDS)
        app = self.control("POST", "workplace/apps", {"name": "Kotozute"})
        self.children.env |= {
            "WORKPLACE_GRAPH_URL": self.graph_url,
            "WORKPLACE_WEB_URL": self.sandbox_url,
            "WORKPLACE_APP_ID": app["app_id"],
            "WORKPLACE_APP_SECRET": app["app_secret"],
            "OVICE_CALLBACK_URL": f"{self.sandbox_url}/ovice/callback",
            "OVICE_DIRECTORY_URL": f"{self.sandbox_url}/ovice",
            "OVICE_LAUNCH_JWKS_URL": f"{self.sandbox_url}/ovice/.well-known/jwks.json",
            "OVICE_ISSUER": self.control("GET", "ovice/settings")["issuer"],
        }

    def prepare(self) -> None:
        """Check the settings, create the tables and collect the style sheets.

        In one process: starting it takes longer than what it does.
        """
        self.manage("preparing", "shell", "--verbosity", "0", "--command", PREPARING)

    def start_web(self) -> None:
        """Start gunicorn."""
        bind = f"{HOST}:{self.ports.web}"
        self._python("web", "gunicorn", "-c", "python:config.gunicorn", "--bind", bind)

    def start_worker(self, name: str = "worker") -> None:
        """Start one Celery worker."""
        quiet = ("--without-gossip", "--without-mingle", "--without-heartbeat")
        node = f"{name}@%h"
        self._python(
            name, "celery", "-A", "config", "-q", "worker", "-n", node, "-l", "INFO", *quiet
        )

    def start_beat(self, name: str = "beat") -> None:
        """Start Celery beat, which sweeps."""
        self._python(name, "celery", "-A", "config", "-q", "beat", "-l", "INFO")

    def wait_until_ready(self) -> None:
        """Wait until the web answers and a worker takes tasks."""
        self.children.wait_until("the web process", self._web_ready, seconds=START_SECONDS)
        ready = "the worker", lambda: self._logged("worker", "ready.")
        self.children.wait_until(*ready, seconds=START_SECONDS)

    def manage(self, name: str, *arguments: str, stdin: Any = None) -> str:
        """Run a management command to its end and return what it printed.

        It belongs to our own process group, so that Ctrl-C reaches it as well.

        ``stdin`` is given to it as JSON. Raises ``ChildError`` with what it complained of.
        """
        self.children.go_on()
        done = subprocess.run(  # noqa: S603 - our own command
            [sys.executable, "manage.py", *arguments],
            cwd=self.children.cwd,
            env=self.children.env,
            input=None if stdin is None else json.dumps(stdin),
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            complaint = (done.stderr or done.stdout).strip().splitlines()[-15:]
            raise ChildError("\n    ".join([f"{name} failed:", *complaint]))
        return done.stdout

    def control(self, method: str, path: str, document: Any = None) -> Any:
        """Ask the sandbox's control API; raise ``ChildError`` when it refuses."""
        url = f"{self.sandbox_url}/control/{path}"
        answer = self.http.request(method, url, json=document, timeout=30)
        if not answer.ok:
            raise ChildError(f"The sandbox refused {method} {path}: {answer.text[:200]}")
        return answer.json()

    def _python(self, name: str, module: str, *arguments: str) -> None:
        self.children.start(name, [sys.executable, "-m", module, *arguments])

    def _sandbox_ready(self) -> bool:
        found = _SANDBOX_READY.search(self.children.log("sandbox").read_text())
        if found:
            self.sandbox_url, self.graph_url = found["web"], found["graph"]
        return found is not None

    def _web_ready(self) -> bool:
        try:
            return self.http.get(f"{self.base_url}/healthz", timeout=1).ok
        except requests.RequestException:
            return False

    def _logged(self, name: str, text: str) -> bool:
        return text in self.children.log(name).read_text(errors="replace")

    def _environment(self, overrides: Mapping[str, str]) -> dict[str, str]:
        """Return the environment of every child: the caller's, plus a complete configuration."""
        secrets, connector_key = generate(), random_base64()
        return {
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "config.settings",
            "ENV_FILE": os.devnull,
            "PYTHONUNBUFFERED": "1",
            **secrets,
            "BASE_URL": self.base_url,
            "ALLOWED_HOSTS": HOST,
            "DATABASE_URL": f"sqlite:///{quote(str(self.folder / 'db.sqlite3'))}",
            "REDIS_URL": self.own_redis_url,
            "STATIC_ROOT": str(self.folder / "static"),
            "SANDBOX_WEB_PORT": str(self.ports.sandbox),
            "SANDBOX_GRAPH_PORT": str(self.ports.graph),
            "SANDBOX_CONNECTOR_KEY": connector_key,
            "OVICE_CONNECTOR_KEYS": sha256(connector_key.encode()).hexdigest(),
            # The pretend ovice reads the same secret.
            "OVICE_CALLBACK_SECRET": SECRET_PREFIX + random_base64(),
            "OVICE_DIRECTORY_KEY": connector_key,
            "WORKPLACE_WEBHOOK_VERIFY_TOKEN": random_base64(),
            "KOTOZUTE_URL": self.base_url,
            "LOG_LEVEL": "INFO",
            # One scrape of the web shows what all of them count.
            "PROMETHEUS_MULTIPROC_DIR": str(self.folder / "counts"),
            **overrides,
        }
