"""Every word that a row can hold has a sentence, in every language the portal speaks."""

from datetime import timedelta

import pytest
from django.utils import translation

from accounts.linking.link import RemovedReason
from integrations.targets import errors
from messaging.delivery.retry_policy import Poison, WorkerLost
from messaging.ingest.eligibility import Skip
from messaging.support import messages
from messaging.support.lines import span
from tests.config.catalogs import marked_texts
from tests.config.test_locale import CATALOGS, catalog_of, id_of


def reasons(kind: type[errors.TargetError]) -> set[str]:
    return {kind.reason, *(word for below in kind.__subclasses__() for word in reasons(below))}


def test_every_skip_has_a_sentence():
    assert all(messages.skipped(skip)[0] != f"Not relayed: {skip}." for skip in Skip)


def test_every_error_of_a_call_has_a_sentence():
    known = reasons(errors.TargetError) | {Poison.reason, WorkerLost.reason}
    # An install code is never sent by the relay.
    assert known - set(messages._REFUSED) == {"code_rejected"}


@pytest.mark.parametrize("reason", RemovedReason)
def test_every_end_of_a_link_has_a_sentence(reason):
    assert messages.ended(reason, "workplace") != reason
    assert "(" not in messages.cancelled(reason, "workplace")
    assert messages.cancelled(reason, "workplace") != f"Cancelled: {reason}."


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.2, "less than a second"),
        (1, "1 second"),
        (90, "90 seconds"),
        (600, "10 minutes"),
        (7200, "2 hours"),
        (100_000, "28 hours"),
        (200_000, "2 days"),
    ],
)
def test_a_length_of_time_is_said_roughly(seconds, text):
    with translation.override("en"):
        assert span(timedelta(seconds=seconds)) == text


def test_every_sentence_is_there_in_japanese():
    japanese = next(path for path in CATALOGS if "ja" in path.parts)
    known = {id_of(message) for message in catalog_of(japanese)}
    assert marked_texts("messaging/story") - known == set()
