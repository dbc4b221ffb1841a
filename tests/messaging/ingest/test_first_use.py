"""msgspec must have built its tables before threads exist: see messaging/ingest/events.py."""

import subprocess
import sys

import pytest

# Runs one use of a type in a fresh process and prints which of msgspec's builders it called.
PROBE = """
import sys, tests.settings, django
django.setup()
from messaging.delivery.content import Content
from messaging.ingest.events import SCHEMAS, Envelope
import msgspec
def use_all():
    for kind in (Envelope, *SCHEMAS.values()):
        try:
            msgspec.convert({{}}, kind)
        except msgspec.ValidationError:
            pass
called = []
sys.setprofile(lambda frame, event, _: called.append(frame.f_code.co_name))
try:
    {use}
except msgspec.ValidationError:
    pass
sys.setprofile(None)
print("get_class_annotations" in called)
"""


def builds_tables(use: str) -> bool:
    command = [sys.executable, "-c", PROBE.format(use=use)]
    env = {"DJANGO_SETTINGS_MODULE": "tests.settings"}
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=True)
    return done.stdout.strip() == "True"


@pytest.mark.parametrize("use", ["msgspec.json.decode('{}', type=Content)", "use_all()"])
def test_no_request_builds_the_tables_of_a_type(use):
    assert not builds_tables(use)


def test_the_probe_sees_a_type_that_was_never_used():
    assert builds_tables("msgspec.convert({}, msgspec.defstruct('New', [('a', int)]))")
