"""Tickets that people write to support, and the sentence of the search that answers each.

Every ticket is brought about by the product itself: events over HTTP, the relay, the pretend
Workplace, and what owners and members press.
"""

from datetime import timedelta

import pytest
from django.utils.timezone import now

from accounts.linking.link import RemovedReason, remove_links
from accounts.linking.verify import recheck
from accounts.members.preferences import pause as rest
from accounts.models import Link
from integrations.connections.pause import pause, resume
from integrations.removal.purge import purge
from integrations.removal.uninstall import purge_now, remove_installation
from integrations.targets.port import open_target
from messaging.bot.receipts import take_facts
from messaging.delivery.cancel import expire_batch
from messaging.delivery.confirmations import confirm
from messaging.models import Delivery, Message, Outage
from tests.factories import dm_event, event, make_member, post_event, rfc3339
from tests.messaging.draining import make_due, run

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("wakes")]


@pytest.fixture(autouse=True)
def _one_lane(settings):
    settings.RELAY_LANES = 1


@pytest.fixture
def hanako(office) -> Link:
    return office.join("Hanako")


def write(link: Link, **message) -> str:
    """Let Taro write to the member in ovice, and return the message's id."""
    document = dm_event(link, **message)
    assert post_event(document).status_code == 202
    return document["data"]["message"]["id"]


def change(document, **data):
    """Return an event with other data."""
    document["data"] |= data
    return document


def delivery_of(message: str) -> Delivery:
    return Delivery.objects.get(message__ovice_id=message)


def test_where_is_my_message_it_arrived(office, hanako, support):
    message = write(hanako)
    run(office)
    told = support(message)
    assert "Delivered less than a second after it was sent." in told
    assert "Try 1: Workplace accepted it (" in told
    assert "Its text has been erased." in told
    assert "Can you join room B?" not in told


def test_did_not_arrive_never_linked(office, support):
    member = make_member(office.organization)
    document = dm_event(Link(organization=office.organization, member=member))
    post_event(document)
    told = support(document["data"]["message"]["id"])
    assert "Not relayed: the recipient had not linked an account." in told
    assert "They press Link in ovice's personal settings" in told


def test_did_not_arrive_written_before_linking(hanako, support):
    early = rfc3339(now() - timedelta(minutes=5))
    assert "it was sent before the recipient linked" in support(write(hanako, sent_at=early))


def test_did_not_arrive_the_owner_had_paused(office, hanako, support):
    pause(office.organization)
    assert "Not relayed: delivery was paused for the organization." in support(write(hanako))


def test_did_not_arrive_the_organization_is_not_connected(office, hanako, support):
    remove_installation(office.installation)
    told = support(write(hanako))
    assert "Not relayed: the organization was not connected to a chat." in told


def test_did_not_arrive_it_was_for_everybody(hanako, support):
    document = change(dm_event(hanako), mention={"scope": "none", "handles": []}, recipients=[])
    post_event(document)
    told = support(document["data"]["message"]["id"])
    assert "Not relayed: it was written to everybody in the space." in told


def test_did_not_arrive_the_recipient_is_a_guest(office, support):
    link = Link(organization=office.organization, member=make_member(office.organization))
    type(link.member).objects.update(role="guest")
    told = support(write(link))
    assert "the recipient was a visitor, a guest, or not in the directory" in told


def test_did_not_arrive_ovice_was_two_days_late(hanako, support):
    Link.objects.update(linked_at=now() - timedelta(days=9))
    told = support(write(hanako, sent_at=rfc3339(now() - timedelta(days=2))))
    assert "Not relayed: when ovice handed it over, it was already too old to send." in told
    assert "Received from ovice, 2 days after it was sent." in told


def test_did_not_arrive_its_sender_took_it_back(office, hanako, support):
    message = write(hanako)
    gone = event("message.direct.deleted", office.organization.ovice_id, message={"id": message})
    assert post_event(gone).status_code == 202
    told = support(message)
    assert "Cancelled: its sender deleted it in ovice before it went out." in told


def test_did_not_arrive_the_token_was_reset(office, hanako, support):
    message = write(hanako)
    office.sandbox.reset_token(office.integration.page_id)
    run(office)
    told = support(message)
    assert "Waiting: Workplace no longer accepts the access token." in told
    assert "create a new access token for the integration" in told


def test_did_not_arrive_too_many_requests(office, hanako, support):
    message = write(hanako)
    office.sandbox.fault("error", endpoint="me/messages", code=4)
    run(office)
    told = support(message)
    assert "Workplace takes only so many messages at a time." in told
    assert "Waiting until " in told
    assert "It is sent by itself." in told


def test_did_not_arrive_workplace_is_down(office, hanako, support):
    message = write(hanako)
    Outage.objects.create(target="workplace", began_at=now(), probe_at=now() + timedelta(hours=1))
    run(office)
    told = support(message)
    assert "Waiting: Workplace has been down since" in told
    assert "It is sent by itself, as soon as it is back." in told


def test_did_not_arrive_the_recipient_rests(office, hanako, support):
    rest(hanako.member, now() + timedelta(hours=3))
    message = write(hanako)
    run(office)
    assert "Waiting: the recipient rests, by their own choice, until" in support(message)


def test_did_not_arrive_an_older_one_is_stuck(office, hanako, support):
    office.sandbox.fault("error", endpoint="me/messages", code=2, calls=1)
    write(hanako)
    run(office)
    second = write(hanako)
    told = support(second)
    assert "Waiting: 1 older message to the same person has to arrive first." in told


def test_did_not_arrive_the_account_was_deactivated(office, hanako, support):
    message = write(hanako)
    office.sandbox.change_member(office.accounts["Hanako"], active=False)
    run(office)
    told = support(message)
    assert "Given up: Workplace takes nothing for this person." in told
    assert "Try 1: Workplace takes nothing for this person (code " in told
    assert "because the account is no longer theirs, or not active" in support(
        hanako.member.ovice_id
    )


def test_did_not_arrive_in_a_whole_day(office, hanako, support):
    message = write(hanako)
    office.sandbox.reset_token(office.integration.page_id)
    run(office)
    late = timedelta(hours=25)
    Delivery.objects.update(sent_at=now() - late, expires_at=now() - timedelta(hours=1))
    Message.objects.update(sent_at=now() - late, accepted_at=now() - late)
    assert expire_batch() == 1
    told = support(message)
    assert "Not delivered: it could not be sent within 24 hours." in told
    assert "1 try failed: Workplace did not accept the access token." in told


def test_did_not_arrive_and_nobody_knows(office, hanako, support):
    message = write(hanako)
    office.sandbox.fault("cut_after", calls=1)
    run(office)
    told = support(message)
    assert "A try got no answer: it may have arrived." in told
    assert "Without proof it is sent once more." in told


def test_it_came_twice(office, hanako, support):
    message = write(hanako)
    office.sandbox.fault("cut_after", calls=1)
    run(office)
    make_due(delivery_of(message))
    run(office)
    assert len(office.texts("Hanako")) == 2
    told = support(message)
    assert "It may have arrived twice: a try got no answer, so it was sent once more." in told


def test_it_came_twice_says_the_sender_but_ovice_only_told_us_twice(office, hanako, support):
    document = dm_event(hanako)
    post_event(document, event_id="evt-first")
    post_event(document, event_id="evt-second")
    run(office)
    assert len(office.texts("Hanako")) == 1
    assert "Delivered less than a second after it was sent." in support("evt-first")
    told = support("evt-second")
    assert "It brought a message that was there already: the first one counts." in told


def test_it_was_doubted_but_the_echo_proved_it(office, hanako, support):
    message = write(hanako)
    office.sandbox.fault("cut_after", calls=1)
    run(office)
    confirm(office.installation, f"{delivery_of(message).pk}.1")
    make_due(delivery_of(message))
    run(office)
    told = support(message)
    assert "Its echo came back: it stands in the chat." in told
    assert len(office.texts("Hanako")) == 1


def test_it_came_late_because_of_ovice(office, hanako, support):
    Link.objects.update(linked_at=now() - timedelta(days=1))
    message = write(hanako, sent_at=rfc3339(now() - timedelta(hours=3)))
    run(office)
    told = support(message)
    assert "Delivered 3 hours after it was sent." in told
    assert "ovice handed it over only 3 hours after it was sent." in told


def test_it_came_late_because_tries_failed(office, hanako, support):
    message = write(hanako)
    office.sandbox.fault("html", status=503, endpoint="me/messages", calls=1)
    run(office)
    earlier = now() - timedelta(minutes=9)
    Delivery.objects.update(sent_at=earlier)
    Message.objects.update(sent_at=earlier, accepted_at=earlier)
    make_due(delivery_of(message))
    run(office)
    told = support(message)
    assert "Delivered 9 minutes after it was sent." in told
    assert "1 try failed: Workplace could not serve anybody." in told


def test_it_came_late_because_they_rested(office, hanako, support):
    message = write(hanako)
    rest(hanako.member, now() + timedelta(hours=2))
    run(office)
    earlier = now() - timedelta(hours=2)
    Delivery.objects.update(sent_at=earlier, due_at=now())
    Message.objects.update(sent_at=earlier, accepted_at=earlier)
    hanako.member.choices.delete()
    run(office)
    told = support(message)
    assert "Delivered 2 hours after it was sent." in told
    assert "The recipient rested until" in told


def test_i_linked_and_nothing_happens(hanako, support):
    told = support("hanako@example.com")
    assert "Linked since" in told
    assert "No direct message has come in for them since: there was nothing to carry." in told


def test_i_linked_and_then_it_stopped_because_i_blocked_the_bot(office, hanako, support):
    write(hanako)
    page = office.integration.page_id
    office.sandbox.change_member(office.accounts["Hanako"], blocks=page)
    run(office)
    told = support("Hanako@Example.com ")
    assert "But Workplace has taken nothing for this person since" in told


def test_i_was_linked_and_am_not_any_more(hanako, support):
    remove_links(Link.objects.all(), reason=RemovedReason.EMAIL_CHANGED)
    told = support(hanako.member.ovice_id)
    assert "because their address in ovice changed" in told
    assert "They press Link in ovice's personal settings." in told


def test_my_account_went_to_somebody_else(office, hanako, support):
    office.sandbox.change_member(office.accounts["Hanako"], email="other@example.com")
    target = open_target("workplace", office.installation.credentials())
    assert recheck(hanako, target)
    told = support(hanako.account_id)
    assert "because the account is no longer theirs, or not active" in told


def test_which_message_is_this_one_in_the_chat(office, hanako, support):
    message = write(hanako)
    run(office)
    told = support(delivery_of(message).target_message_id)
    assert f"Message {message}" in told


def test_has_she_read_it(office, hanako, support):
    message = write(hanako)
    run(office)
    Delivery.objects.update(reached_at=now(), seen_at=now())
    assert not take_facts(office.installation)
    told = support(str(delivery_of(message).pk))
    assert "It reached the recipient's device." in told
    assert "The recipient saw it." in told


def test_it_waits_although_nothing_is_wrong(office, hanako, support):
    message = write(hanako)
    assert "It is next in line: a worker takes it within seconds." in support(message)
    Delivery.objects.update(due_at=now() - timedelta(minutes=10))
    told = support(message)
    assert "It has been due for 10 minutes and nothing is in its way: no worker takes it." in told


def test_nothing_arrives_since_the_owner_resumed(office, hanako, support):
    message = write(hanako)
    pause(office.organization)
    assert "Waiting: delivery is paused for the organization." in support(message)
    resume(office.organization)
    run(office)
    assert "Delivered" in support(message)


def test_is_our_data_gone(office, hanako, support):
    removal = remove_installation(office.installation)
    assert removal is not None
    told = support(removal.confirmation_code)
    assert "The data is out of use and will be gone by" in told
    assert "7 days left" in told
    purge_now(removal)
    removal.refresh_from_db()
    purge(removal)
    told = support(f"http://127.0.0.1:8000/removal/{removal.confirmation_code}")
    assert "the data is gone" in told
