"""An owner pauses and resumes."""

import pytest
from django.utils.timezone import now

from integrations.connections.pause import pause, resume
from integrations.models import Installation, InstallationState, Organization
from tests.factories import dm_event, make_installation, make_link, make_organization, post_event

pytestmark = pytest.mark.django_db


def test_a_paused_organization_sends_nothing_until_it_resumes():
    installation = make_installation()
    assert pause(installation.organization)
    assert not Installation.objects.sendable(now()).exists()
    assert resume(installation.organization)
    assert Installation.objects.sendable(now()).get() == installation


def test_a_new_connection_does_not_end_a_pause():
    organization = make_organization(paused_at=now())
    make_installation(organization, state=InstallationState.ACTIVE)
    assert not Installation.objects.sendable(now()).exists()


def test_a_message_to_a_paused_organization_is_skipped_with_its_reason():
    link = make_link()
    Organization.objects.update(paused_at=now())
    post_event(dm_event(link))
    assert link.organization.messages.get().skipped_reason == "org_paused"


def test_pausing_twice_keeps_the_first_time():
    organization = make_organization()
    pause(organization)
    first = Organization.objects.get().paused_at
    assert not pause(organization)
    assert Organization.objects.get().paused_at == first


def test_resuming_leaves_what_needs_attention_alone():
    installation = make_installation(state=InstallationState.ATTENTION)
    pause(installation.organization)
    resume(installation.organization)
    installation.refresh_from_db()
    assert installation.state == InstallationState.ATTENTION


def test_the_support_contact_is_stored_sealed():
    organization = make_organization()
    organization.support_contact = "help@example.com"
    organization.save()
    stored = Organization.objects.get()
    assert stored.support_contact == "help@example.com"
    assert b"help@example.com" not in bytes(stored.contact_sealed or b"")
