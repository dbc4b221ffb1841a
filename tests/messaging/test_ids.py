"""Ids of events and messages count within their organization: no other one's get in their way."""

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from accounts.models import Link
from integrations.models import Space
from messaging.models import Delivery, Message, ReceivedEvent
from tests.factories import (
    dm_event,
    event,
    make_link,
    make_member,
    make_organization,
    number,
    post_batch,
    post_event,
)

pytestmark = pytest.mark.django_db
ACCEPTED, DUPLICATE = "accepted", "duplicate"
UNKNOWN = 2
# An organization, an event's id, a message's id.
EVENTS = st.lists(
    st.tuples(st.integers(0, UNKNOWN + 1), st.integers(0, 2), st.integers(0, 1)), max_size=8
)


def named(document: dict, organization: str, event_id: str) -> dict:
    data = {**document["data"], "organization": {"id": organization}, "event_id": event_id}
    return {**document, "data": data}


def expected(coming: list[tuple[int, int, int]], known: int) -> list[str]:
    """Return the answers, by the rule alone: nothing of another organization's counts."""
    events: set[tuple[int, int]] = set()
    messages: set[tuple[int, int]] = set()
    answers = []
    for organization, event_id, message_id in coming:
        is_known = organization < known
        repeated = (organization, event_id) in events or (
            is_known and (organization, message_id) in messages
        )
        if not repeated:
            messages.add((organization, message_id))
        events.add((organization, event_id))
        first = ACCEPTED if is_known else "skipped"
        answers.append(DUPLICATE if repeated else first)
    return answers


@pytest.fixture
def links() -> list[Link]:
    return [make_link() for _ in range(UNKNOWN)]


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@example(coming=[(0, 0, 0), (1, 0, 0)], together=True).via("one batch of two organizations")
@example(coming=[(2, 0, 0), (0, 0, 0), (3, 0, 0), (3, 0, 0)], together=False).via("unknown ones")
@given(coming=EVENTS, together=st.booleans())
def test_an_organization_is_answered_as_if_it_were_alone(links, coming, together):
    run = number()
    named_by = [link.organization.ovice_id for link in links] + ["org-unknown", "org-stranger"]
    documents = [
        named(
            dm_event(links[organization % UNKNOWN], id=f"msg-{run}-{message_id}"),
            named_by[organization],
            f"evt-{run}-{event_id}",
        )
        for organization, event_id, message_id in coming
    ]
    if together and documents:
        answers = post_batch(documents).json()["results"]
    else:
        answers = [
            post_event(document, event_id=document["data"]["event_id"]).json()
            for document in documents
        ]
    assert [answer["status"] for answer in answers] == expected(coming, UNKNOWN)


def test_each_recipient_gets_their_own_organizations_dm_under_one_event_id(links):
    for link in links:
        post_event(dm_event(link, id="msg-1"), event_id="evt_1")
    assert {delivery.link for delivery in Delivery.objects.all()} == set(links)


def test_a_notice_takes_no_other_organizations_id():
    for _ in range(2):
        told = event("space.created", make_organization().ovice_id, space={"id": "1"})
        assert post_event(told, event_id="evt_1").json() == {"status": "applied"}
    assert Space.objects.count() == 2


def test_an_organization_takes_back_its_own_message_only(links):
    for link in links:
        post_event(dm_event(link, id="msg-1"))
    gone = event("message.direct.deleted", links[0].organization.ovice_id, message={"id": "msg-1"})
    assert post_event(gone).json() == {"status": "applied"}
    states = dict(Delivery.objects.values_list("link", "state"))
    assert states == {links[0].pk: "cancelled", links[1].pk: "pending"}


def test_an_edit_changes_its_own_organizations_message_only(links):
    for link in links:
        post_event(dm_event(link, id="msg-1", text="as it was"))
    edit = {"id": "msg-1", "text": "changed", "text_format": "plain"}
    changed = event("message.direct.updated", links[0].organization.ovice_id, message=edit)
    assert post_event(changed).json() == {"status": "applied"}
    texts = {message.organization_id: message.content or "" for message in Message.objects.all()}
    assert "changed" in texts[links[0].organization_id]
    assert "as it was" in texts[links[1].organization_id]


def test_members_with_one_id_are_two_people(links):
    organizations = [link.organization for link in links]
    people = [make_member(organization, "user-shared") for organization in organizations]
    both = [
        make_link(link.installation, person) for link, person in zip(links, people, strict=True)
    ]
    post_event(dm_event(both[0]))
    assert Delivery.objects.get().link == both[0]


def test_the_event_of_an_unknown_organization_names_it_nowhere(links):
    post_event(named(dm_event(links[0]), "org-unknown", "evt_1"), event_id="evt_1")
    (row,) = ReceivedEvent.objects.values()
    assert "org-unknown" not in str(row)
    assert row["ovice_id"] == "evt_1"
    assert row["organization_id"] is None
