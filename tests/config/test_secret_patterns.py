"""Secrets can be recognised by their look, and none is in the repository."""

import base64
import binascii
import re
import subprocess
from io import StringIO
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import call_command

from config.keys.secrets import CONNECTOR_PREFIX, checksum, connector_key

PAGE = Path(settings.BASE_DIR) / "docs" / "security" / "secrets.md"
(_LISTED,) = re.findall(r"For scanners:\n\n```\n(.*?)```", PAGE.read_text(), re.DOTALL)
PATTERNS = _LISTED.splitlines()
SCANNER = re.compile("|".join(f"(?:{pattern})" for pattern in PATTERNS))
CONNECTOR_KEY = re.compile(rf"{CONNECTOR_PREFIX}([0-9A-Za-z]{{40}})([0-9A-Za-z]{{6}})")


# The key of the specification's own test vectors, which everybody knows.
PUBLISHED = {"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"}


def is_for_show(found: str) -> bool:
    """Whether it says of itself that it protects nothing: decoded, it is text, not chance."""
    value = re.sub(r"^whsec_|^[A-Z_]+=", "", found)
    try:
        decoded = base64.b64decode(value, validate=True).decode("ascii")
    except (binascii.Error, UnicodeDecodeError):
        return re.match(r"[a-z]+-only-", value) is not None
    return decoded.isprintable()


def connector_keys_in(text: str) -> list[str]:
    """Return the connector keys in ``text``, without look-alikes."""
    return [match[0] for match in CONNECTOR_KEY.finditer(text) if checksum(match[1]) == match[2]]


def secrets_in(text: str) -> list[str]:
    found = [match[0] for match in SCANNER.finditer(text)]
    others = [one for one in found if not one.startswith(CONNECTOR_PREFIX)]
    kept = [one for one in others if one not in PUBLISHED and not is_for_show(one)]
    return kept + connector_keys_in(text)


def tracked() -> list[Path]:
    names = subprocess.run(
        ["git", "ls-files", "-z"], cwd=settings.BASE_DIR, capture_output=True, check=True, text=True
    ).stdout
    return [Path(settings.BASE_DIR) / name for name in names.split("\0") if name]


def test_the_repository_holds_no_secret():
    found = {}
    for path in tracked():
        if path.suffix in (".png", ".mo") or not path.is_file():
            continue
        # The secret itself stays out of the test's output.
        if kept := secrets_in(path.read_text(errors="replace")):
            found[path.name] = len(kept)
    assert found == {}


@pytest.mark.parametrize("command", ["generate_secrets", "connector_key"])
def test_every_generated_secret_is_recognised(command):
    out = StringIO()
    call_command(command, stdout=out)
    lines = [line for line in out.getvalue().splitlines() if "for .env" not in line]
    assert lines
    assert [line for line in lines if not secrets_in(line)] == []


def test_a_connector_key_is_random_and_carries_its_checksum():
    keys = {connector_key() for _ in range(50)}
    assert len(keys) == 50
    assert all(connector_keys_in(f"key: {key}.") == [key] for key in keys)


def test_a_look_alike_is_no_connector_key():
    key = connector_key()
    other = "x" if key[20] != "x" else "y"
    assert connector_keys_in(key[:20] + other + key[21:]) == []


def test_the_command_prints_the_key_and_its_hash():
    out = StringIO()
    call_command("connector_key", stdout=out)
    key, digest = (line.split()[-1] for line in out.getvalue().splitlines())
    assert CONNECTOR_KEY.fullmatch(key)
    assert re.fullmatch(r"[0-9a-f]{64}", digest)
