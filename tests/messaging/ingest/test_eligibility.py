"""The decision table, whole: every rule alone, and every pair for which one decides."""

import itertools
import json
from datetime import UTC, datetime, timedelta

import pytest

from messaging.ingest.eligibility import Skip, Standing, decide
from messaging.ingest.events import MessageCreated, parse_event
from tests.messaging.ingest.test_events import DM, ID

SENT = datetime(2025, 3, 4, 1, 23, 45, 100_000, UTC)
NOW = SENT + timedelta(seconds=1)
GOOD = Standing(
    connected=True,
    paused=False,
    recipient_is_member=True,
    linked_at=SENT - timedelta(days=1),
    expire_after=timedelta(hours=24),
)


def message(**changes: object) -> MessageCreated:
    document = json.loads(json.dumps(DM))
    document["data"].update(changes)
    data = parse_event(json.dumps(document).encode(), event_id=ID).data
    assert isinstance(data, MessageCreated)
    return data


def outcome(*, standing=None, event=None, has_content=True, at=NOW, look=None) -> Skip | None:
    changed = {name: getattr(GOOD, name) for name in Standing.__slots__} | (standing or {})
    look = look or (lambda: has_content)
    return decide(message(**(event or {})), Standing(**changed), has_content=look, at=at)


# One way to break each rule, in the order in which the rules decide.
BROKEN = [
    (Skip.ORG_NOT_CONNECTED, {"standing": {"connected": False}}),
    (Skip.ORG_PAUSED, {"standing": {"paused": True}}),
    (Skip.GROUP_MENTION, {"event": {"mention": {"scope": "all"}}}),
    (Skip.MULTIPLE_RECIPIENTS, {"event": {"recipients": [{"id": "g", "type": "group"}]}}),
    (Skip.SELF_MESSAGE, {"event": {"sender": {"id": "223344"}}}),
    (Skip.RECIPIENT_NOT_MEMBER, {"standing": {"recipient_is_member": False}}),
    (Skip.NOT_LINKED, {"standing": {"linked_at": None}}),
    (Skip.BEFORE_LINK, {"standing": {"linked_at": SENT + timedelta(microseconds=1)}}),
    (Skip.STALE, {"at": SENT + timedelta(hours=24, microseconds=1)}),
    (Skip.EMPTY, {"has_content": False}),
]


def combined(first: dict, second: dict) -> dict:
    return {
        key: {**first.get(key, {}), **second.get(key, {})}
        if key in ("standing", "event")
        else second.get(key, first.get(key))
        for key in {**first, **second}
    }


@pytest.mark.parametrize("how", [how for _, how in BROKEN[:-1]])
def test_nobody_works_on_the_text_of_a_message_that_goes_nowhere(how):
    assert outcome(**how, look=pytest.fail) not in (None, Skip.EMPTY)


def test_a_dm_to_a_linked_member_is_relayed():
    assert outcome() is None


@pytest.mark.parametrize(("reason", "how"), BROKEN)
def test_each_rule_alone_has_its_reason(reason, how):
    assert outcome(**how) == reason


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (first, second)
        for first, second in itertools.combinations(BROKEN, 2)
        # These two break rules by the same field and cannot hold together.
        if {first[0], second[0]} != {Skip.NOT_LINKED, Skip.BEFORE_LINK}
    ],
)
def test_of_two_broken_rules_the_first_decides(first, second):
    assert outcome(**combined(first[1], second[1])) == first[0]


@pytest.mark.parametrize(
    ("scope", "reason"),
    [
        ("users", Skip.MULTIPLE_RECIPIENTS),
        ("none", Skip.PUBLIC_CHAT),
        ("all", Skip.GROUP_MENTION),
        ("here", Skip.GROUP_MENTION),
        ("openspace", Skip.GROUP_MENTION),
        ("role", Skip.GROUP_MENTION),
        ("room", Skip.GROUP_MENTION),
        ("group", Skip.GROUP_MENTION),
    ],
)
def test_every_scope_but_a_single_user_is_refused(scope, reason):
    assert outcome(event={"mention": {"scope": scope}}) == reason


@pytest.mark.parametrize(
    "recipients",
    [
        [],
        [{"id": "223344", "type": "user"}, {"id": "223345", "type": "user"}],
        [{"id": "223344", "type": "user"}] * 2,
        [{"id": "223344", "type": "guest"}],
        [{"id": "223344"}],
    ],
)
def test_only_one_recipient_who_is_a_user_will_do(recipients):
    assert outcome(event={"recipients": recipients}) == Skip.MULTIPLE_RECIPIENTS


@pytest.mark.parametrize("role", ["owner", "admin", "member", "visitor", "guest"])
def test_anybody_may_be_the_sender(role):
    assert outcome(event={"sender": {"id": "9", "name": "Taro", "role": role}}) is None


def test_a_dm_is_relayed_up_to_its_age_limit():
    assert outcome(at=SENT + timedelta(hours=24)) is None


def test_a_dm_sent_at_the_moment_of_linking_is_relayed():
    assert outcome(standing={"linked_at": SENT}) is None
