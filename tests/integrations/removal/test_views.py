"""The page and the JSON of a removal, and the receipt that a stranger can check offline."""

import json
import runpy
import subprocess
import sys

import pytest
from django.conf import settings
from django.test import Client

from integrations.removal.purge import purge_ready
from integrations.removal.receipts import public_key
from tests.factories import make_delivery, make_installation
from tests.removals import due, removed

pytestmark = pytest.mark.django_db
VERIFIER = settings.BASE_DIR / "docs" / "verify_receipt.py"
TAMPERED = "The signature is not the operator's, or the receipt was changed."


@pytest.fixture
def purged():
    """Return a removal whose purge has ended."""
    removal = due(removed(make_delivery().installation))
    purge_ready(seconds=10)
    removal.refresh_from_db()
    return removal


def path_of(removal) -> str:
    return f"/removal/{removal.confirmation_code}"


def wrong_with(document, *key: str) -> str:
    """Return what the verifier finds wrong with a document."""
    found: str = runpy.run_path(str(VERIFIER))["verify"](document, *key)
    return found


def test_a_waiting_removal_says_by_when_it_is_done():
    removal = removed(make_installation())

    page = Client().get(path_of(removal)).content.decode()

    assert removal.confirmation_code in page
    assert "waits to be deleted" in page
    assert Client().get(f"{path_of(removal)}?format=json").json()["status"] == "waiting"


def test_the_page_speaks_japanese(purged):
    page = Client().get(path_of(purged), headers={"accept-language": "ja"}).content.decode()

    assert "データは削除済みです" in page


def test_no_code_opens_nothing():
    assert Client().get("/removal/0123456789abcdef0123456789abcdef").status_code == 404


def test_neither_form_names_the_customer(purged):
    for path in (path_of(purged), f"{path_of(purged)}?format=json"):
        answer = Client().get(path)
        assert "Acme" not in answer.content.decode()
        assert "no-store" in answer["Cache-Control"]


def test_programs_get_json_where_they_ask_for_it(purged):
    answer = Client().get(path_of(purged), headers={"accept": "application/json"})

    assert answer.json()["status"] == "done"


def test_a_receipt_is_verified_offline(purged, tmp_path):
    document = Client().get(f"{path_of(purged)}?format=json").json()

    file = tmp_path / "receipt.json"
    file.write_text(json.dumps(document))

    said = subprocess.check_output([sys.executable, "-I", VERIFIER, file, public_key()], text=True)

    assert said.startswith("The receipt holds: ")
    assert wrong_with(document) == ""
    assert len(VERIFIER.read_text().splitlines()) <= 60


def said_of(document, folder, *key: str) -> tuple[int, str]:
    """Return how the verifier ends, and what it prints."""
    file = folder / "receipt.json"
    file.write_text(json.dumps(document))
    done = subprocess.run(
        [sys.executable, "-I", VERIFIER, file, *key], capture_output=True, text=True, check=False
    )
    return done.returncode, done.stdout + done.stderr


def test_the_verifier_says_of_which_removal_and_by_which_key(purged, tmp_path):
    document = Client().get(f"{path_of(purged)}?format=json").json()

    code, said = said_of(document, tmp_path, public_key())

    assert code == 0
    assert f"Confirmation code: {purged.confirmation_code}\n" in said
    assert f"Checked with the key that you gave, {document['receipt']['key_id']}.\n" in said


def test_the_verifier_says_what_the_receipts_own_key_is_worth(purged, tmp_path):
    document = Client().get(f"{path_of(purged)}?format=json").json()

    code, said = said_of(document, tmp_path)

    assert code == 0
    assert f"Checked ONLY with the receipt's own key, {document['receipt']['key_id']}" in said
    assert "that you gave" not in said


@pytest.mark.parametrize("key", ["", " "])
def test_a_key_that_is_given_but_empty_is_no_key(purged, tmp_path, key):
    document = Client().get(f"{path_of(purged)}?format=json").json()

    code, said = said_of(document, tmp_path, key)

    assert (code, said) == (1, "The PUBLIC_KEY that was given is empty.\n")


def test_the_receipt_of_another_removal_is_noticed(purged):
    other = due(removed(make_installation()))
    purge_ready(seconds=10)
    document = Client().get(f"{path_of(other)}?format=json").json()
    document["receipt"] = purged.receipt

    wrong = wrong_with(document, public_key())

    assert wrong == "The receipt is that of another removal."


@pytest.mark.parametrize("key", ["reason", "finished_at", "community", "tables"])
def test_a_changed_receipt_is_noticed(purged, key):
    document = Client().get(f"{path_of(purged)}?format=json").json()
    document["receipt"]["receipt"][key] = {} if key == "tables" else "else"

    assert wrong_with(document, public_key()) == TAMPERED


def test_another_operators_key_verifies_nothing(purged):
    document = Client().get(f"{path_of(purged)}?format=json").json()

    assert wrong_with(document, "A" * 43 + "=") == TAMPERED


def test_a_purge_that_has_not_ended_has_no_receipt():
    document = Client().get(f"{path_of(removed(make_installation()))}?format=json").json()

    assert wrong_with(document) == "There is no receipt yet: the purge has not ended."
