"""How an instance behaves that others can reach, with the settings of production."""

import json
import os
import subprocess
import sys

import pytest
from django.conf import settings

pytestmark = pytest.mark.services

ASKING = """
import json, django
django.setup()
from django.conf import settings
from django.test import Client
names = [name for name in dir(settings) if name.split("_")[0] in ("SESSION", "CSRF", "LANGUAGE")]
plain = Client(HTTP_HOST="kotozute.example.com")
secure = plain.get("/v1/openapi.json", secure=True)
print(json.dumps({
    "redirect": plain.get("/v1/openapi.json").headers["Location"],
    "health": plain.get("/healthz").status_code,
    "headers": dict(secure.headers),
    "settings": {name: getattr(settings, name) for name in names},
}, default=str))
"""


@pytest.fixture(scope="module")
def production():
    """Return what a process with the settings of production answers."""
    env = {
        "PATH": os.environ["PATH"],
        "ENV_FILE": "tests/production.env",
        "DJANGO_SETTINGS_MODULE": "config.settings",
        # Nothing listens there: neither the counters nor the database are needed.
        "REDIS_URL": "redis://127.0.0.1:9/0",
    }
    run = subprocess.run(
        [sys.executable, "-c", ASKING],
        cwd=settings.BASE_DIR,
        env=env,
        capture_output=True,
        check=True,
        text=True,
        timeout=60,
    )
    return json.loads(run.stdout)


def test_production_answers_over_tls_alone(production):
    assert production["redirect"] == "https://kotozute.example.com/v1/openapi.json"
    hsts = production["headers"]["Strict-Transport-Security"]
    assert hsts == "max-age=31536000; includeSubDomains; preload"
    assert production["health"] == 200


def test_every_answer_carries_the_policy(production):
    headers = production["headers"]
    assert "default-src 'none'" in headers["Content-Security-Policy"]
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert "Access-Control-Allow-Origin" not in headers


@pytest.mark.parametrize("kind", ["SESSION", "CSRF"])
def test_cookies_are_for_this_host_over_tls_and_closed_to_scripts(production, kind):
    found = production["settings"]
    assert found[f"{kind}_COOKIE_NAME"].startswith("__Host-")
    assert found[f"{kind}_COOKIE_SECURE"]
    assert found[f"{kind}_COOKIE_HTTPONLY"]
    assert (found[f"{kind}_COOKIE_PATH"], found[f"{kind}_COOKIE_DOMAIN"]) == ("/", None)
    assert found[f"{kind}_COOKIE_SAMESITE"] == "Lax"


def test_the_cookie_of_the_language_goes_over_tls_as_well(production):
    found = production["settings"]
    assert found["LANGUAGE_COOKIE_SECURE"]
    assert found["LANGUAGE_COOKIE_HTTPONLY"]
