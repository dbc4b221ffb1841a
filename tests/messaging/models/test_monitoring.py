"""Incidents: confirmed by a second look, one row each, over when they are not seen any more."""

from datetime import timedelta

import pytest
from django.utils import translation
from django.utils.timezone import now

from messaging.models import Incident
from messaging.models.incident_kinds import WORDS, Kind
from messaging.models.monitoring import Finding, note, open_incidents, recent_incidents
from tests.factories import make_installation

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)
START = now()


def audits(*findings: Finding, minutes: range) -> None:
    """Let an audit find the same in each of these minutes after the start."""
    for minute in minutes:
        note(findings, START + minute * MINUTE)


def test_trouble_that_one_audit_alone_saw_is_shown_to_nobody_and_forgotten():
    audits(Finding(Kind.NO_WORKER), minutes=range(1))
    assert list(open_incidents()) == []
    audits(minutes=range(1, 5))
    assert not Incident.objects.exists()


def test_trouble_that_two_audits_saw_is_one_incident():
    audits(Finding(Kind.NO_WORKER), minutes=range(5))
    assert [incident.kind for incident in open_incidents()] == ["no_worker"]


def test_it_is_over_when_it_is_not_seen_any_more_and_stays_readable():
    audits(Finding(Kind.NO_WORKER), minutes=range(3))
    audits(minutes=range(3, 7))
    assert list(open_incidents()) == []
    assert [incident.ended_at for incident in recent_incidents()] == [START + 5 * MINUTE]


def test_one_look_that_misses_it_does_not_end_it():
    audits(Finding(Kind.NO_WORKER), minutes=range(3))
    audits(minutes=range(3, 4))
    audits(Finding(Kind.NO_WORKER), minutes=range(4, 6))
    assert open_incidents().get().began_at == START


def test_after_its_end_the_same_trouble_is_another_incident():
    for begin in (0, 10):
        audits(Finding(Kind.NO_WORKER), minutes=range(begin, begin + 3))
        audits(minutes=range(begin + 3, begin + 8))
    assert recent_incidents().count() == 2


def test_its_words_have_the_latest_figures():
    for minutes in (3, 4):
        finding = Finding(Kind.NO_WORKER, facts={"count": 7, "minutes": minutes})
        audits(finding, minutes=range(minutes, minutes + 1))
    text = open_incidents().get().text
    assert text == "No worker answers (4 minutes); 7 direct messages are due."


def test_an_organization_is_shown_its_own_alone():
    ours, theirs = make_installation(), make_installation()
    found = [Finding(Kind.STUCK, one.organization_id, one.pk) for one in (ours, theirs)]
    audits(*found, Finding(Kind.NO_WORKER), minutes=range(2))
    mine = open_incidents(ours.organization)
    assert [incident.installation for incident in mine] == [ours]
    assert open_incidents().count() == 3


def test_those_that_ended_long_ago_are_not_recent():
    audits(Finding(Kind.NO_WORKER), minutes=range(2))
    audits(minutes=range(2, 9))
    Incident.objects.update(ended_at=now() - timedelta(days=8))
    assert list(recent_incidents()) == []


@pytest.mark.parametrize("language", ["en", "ja"])
@pytest.mark.parametrize("kind", Kind)
def test_every_kind_says_what_is_amiss_and_what_to_look_at(kind, language):
    incident = Incident(kind=kind)
    with translation.override(language):
        texts = incident.text, incident.look_at
    assert all(texts)
    assert "%" not in "".join(texts)
    assert (texts[0] == WORDS[kind].text) is False or language == "en"


def test_a_kind_of_a_later_version_is_shown_by_its_name():
    assert Incident(kind="of_tomorrow").text == "of_tomorrow"


def test_only_what_may_be_harmless_is_a_notice():
    notices = {kind for kind in Kind if Incident(kind=kind).is_notice}
    assert notices == {Kind.QUIET}
