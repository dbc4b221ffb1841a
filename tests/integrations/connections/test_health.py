"""Health of a connection, found live against the sandbox; five troubles, five texts."""

from datetime import timedelta

import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.utils import translation
from django.utils.timezone import now

from integrations.connections.health import (
    Light,
    health_of,
    note_alive,
    recheck,
    start_due_checks,
)
from integrations.connections.hold import hold, need_attention
from integrations.connections.pause import pause, resume
from integrations.models import Installation, InstallationState
from integrations.removal.uninstall import remove_installation
from tests.factories import make_installation

pytestmark = pytest.mark.django_db


def dead_token(office):
    office.sandbox.reset_token(office.integration.page_id)


def lost_permission(office):
    page = office.integration.page_id
    office.sandbox.workplace("PATCH", f"installs/{page}", {"permissions": ["message"]})


def wrong_proof(office):
    office.installation.app_secret = "not the secret"
    office.installation.save()


def outage(office):
    office.sandbox.fault("html", status=503)


TROUBLES = {
    "token_rejected": (dead_token, Light.RED),
    "permission_missing": (lost_permission, Light.RED),
    "proof_rejected": (wrong_proof, Light.RED),
    "outage": (outage, Light.AMBER),
}


@pytest.mark.parametrize("reason", TROUBLES)
def test_a_check_finds_out_what_is_wrong(new_office, reason):
    office = new_office(require_proof=True)
    ail, light = TROUBLES[reason]
    ail(office)
    health = recheck(office.installation)
    assert (health.light, health.reason) == (light, reason)
    assert health_of(office.refresh()) == health


def test_a_wrong_clock_is_not_taken_for_a_wrong_secret(new_office):
    office = new_office(require_proof=True)
    with time_machine.travel(now() + timedelta(hours=1)):
        health = recheck(office.installation)
    assert (health.light, health.reason) == (Light.RED, "clock_skewed")


@pytest.mark.parametrize("kind", ["custom", "third_party"])
@pytest.mark.parametrize("language", ["en", "ja"])
def test_five_troubles_have_five_texts(language, kind):
    installation = make_installation(kind=kind)
    texts = set()
    with translation.override(language):
        for reason in ("token_rejected", "permission_missing", "proof_rejected", "clock_skewed"):
            installation.state, installation.attention_reason = "attention", reason
            health = health_of(installation)
            texts |= {health.text, health.next_step}
        installation.state, installation.trouble = "active", "outage"
        texts.add(health_of(installation).text)
    assert len(texts) == 9
    assert language == "en" or all(any(ord(c) > 0x3000 for c in text) for text in texts)


def test_a_working_connection_is_green_with_its_last_proof_of_life(office):
    before = now()
    health = recheck(office.installation)
    assert (health.light, health.reason) == (Light.GREEN, "")
    assert health.proven_at is not None
    assert before <= health.proven_at <= now()


def test_attention_ends_by_itself_when_a_check_succeeds(office):
    need_attention(office.installation, reason="permission_missing")
    recheck(office.installation)
    assert office.refresh().state == InstallationState.ACTIVE
    assert (office.installation.attention_reason, office.installation.attention_at) == ("", None)


def test_a_success_does_not_resume_what_the_owner_paused(office):
    need_attention(office.installation, reason="permission_missing")
    pause(office.organization)
    office.refresh().organization.refresh_from_db()
    assert recheck(office.installation).reason == "paused"
    assert office.refresh().state == InstallationState.PAUSED
    resume(office.organization)
    assert office.refresh().state == InstallationState.ACTIVE


def test_an_outage_stops_nothing_and_ends_with_the_next_success(office):
    outage(office)
    recheck(office.installation)
    assert office.refresh().state == InstallationState.ACTIVE
    office.sandbox.lift_faults()
    assert recheck(office.installation).light == Light.GREEN


def test_holds_pauses_and_ends_are_told_apart(office):
    hold(office.installation, until=now() + timedelta(minutes=5), reason="rate_limited")
    assert health_of(office.refresh()).reason == "rate_limited"
    office.organization.feature_enabled = False
    office.installation.organization = office.organization
    assert health_of(office.installation).reason == "disabled"
    remove_installation(office.installation)
    assert health_of(office.refresh()).light == Light.OFF


def test_a_successful_call_is_a_proof_of_life_noted_now_and_then(office, django_assert_num_queries):
    with django_assert_num_queries(0):
        note_alive(office.installation)
    office.installation.proven_at = now() - timedelta(hours=1)
    with django_assert_num_queries(1):
        note_alive(office.installation)
        note_alive(office.installation)


def test_every_connection_is_checked_within_a_day_spread_out():
    made = [make_installation() for _ in range(60)]
    for installation in made:
        installation.next_check_at = now() - timedelta(minutes=1)
        installation.save()
    assert (start_due_checks(), start_due_checks(), start_due_checks()) == (50, 10, 0)


def test_the_next_check_is_planned_by_how_this_one_went(office):
    recheck(office.installation)
    well = office.refresh().next_check_at - now()
    assert timedelta(hours=19) < well <= timedelta(hours=24)
    dead_token(office)
    recheck(office.installation)
    assert office.refresh().next_check_at - now() <= timedelta(minutes=15)


@pytest.fixture
def unsigned(office):
    """An office whose calls carry no proof: the sandbox's clock is going to be moved."""
    office.installation.app_secret = ""
    office.installation.save()
    return office


def test_a_quiet_custom_integration_is_kept_alive_for_more_than_sixty_days(unsigned):
    office = unsigned
    for _ in range(3):
        office.sandbox.advance(timedelta(days=25).total_seconds())
        assert recheck(office.installation).light == Light.AMBER


def test_an_abandoned_custom_integration_is_deactivated(unsigned):
    unsigned.sandbox.advance(timedelta(days=61).total_seconds())
    assert recheck(unsigned.installation).reason == "token_rejected"


def test_the_command_says_how_each_connection_is(office, capsys):
    call_command("recheck", office.organization.ovice_id)
    line = f"1/1 {office.organization.ovice_id} workplace green ok\n"
    assert capsys.readouterr().out == line
    with pytest.raises(CommandError):
        call_command("recheck", "nobody")
    assert Installation.objects.count() == 1


def test_a_dry_run_says_what_is_known_and_calls_nobody(office, capsys):
    office.sandbox.fault("error", code=190)
    call_command("recheck", dry_run=True)
    assert "green ok" in capsys.readouterr().out
    assert Installation.objects.get().state == "active"


def test_a_target_that_fell_silent_while_dms_go_out_is_noticed(office):
    heard = now() - timedelta(hours=3)
    Installation.objects.update(told_at=heard, sent_at=heard + timedelta(minutes=59))
    assert health_of(office.refresh()).light == Light.GREEN
    Installation.objects.update(sent_at=heard + timedelta(minutes=61))
    health = health_of(office.refresh())
    assert (health.light, health.reason) == (Light.AMBER, "deaf")


def test_a_target_that_never_told_anything_is_missed_after_an_hour_of_dms(office):
    connected_at = office.installation.connected_at
    Installation.objects.update(told_at=None, sent_at=connected_at + timedelta(minutes=59))
    assert health_of(office.refresh()).light == Light.GREEN
    Installation.objects.update(sent_at=connected_at + timedelta(minutes=61))
    health = health_of(office.refresh())
    assert (health.light, health.reason) == (Light.AMBER, "never_heard")


def test_where_no_dm_has_gone_out_nothing_could_be_heard(office):
    Installation.objects.update(connected_at=now() - timedelta(days=9), sent_at=None)
    assert health_of(office.refresh()).light == Light.GREEN


def test_a_bot_without_its_secret_cannot_hear(office):
    Installation.objects.update(app_secret_sealed=None, told_at=now())
    health = health_of(office.refresh())
    assert (health.light, health.reason) == (Light.AMBER, "no_secret")
    Installation.objects.update(kind="third_party")
    assert health_of(office.refresh()).light == Light.GREEN
