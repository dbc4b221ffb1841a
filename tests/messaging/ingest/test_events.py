import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.languages import language_of
from messaging.ingest.eligibility import Skip, check_addressing
from messaging.ingest.events import (
    SCHEMAS,
    Attachment,
    MalformedEventError,
    MemberTold,
    MessageCreated,
    parse_event,
)
from tests.factories import event

ID = "evt_1"
DM = event(
    "message.direct.created",
    "4821",
    space={"id": "987", "name": "Tokyo HQ"},
    message={"id": "msg-1", "text": "Hello", "sent_at": "2025-03-04T10:23:45.100+09:00"},
    mention={"scope": "user"},
    sender={"id": "123456", "name": "Taro"},
    recipients=[{"id": "223344", "type": "user"}],
)


def parse(document: object):
    return parse_event(json.dumps(document).encode(), event_id=ID)


def changed(path: str, value: object) -> dict:
    """Return the DM with one field replaced, or removed where ``value`` is Ellipsis."""
    document = json.loads(json.dumps(DM))
    *parents, last = path.split(".")
    place = document
    for name in parents:
        place = place[name]
    if value is ...:
        del place[last]
    else:
        place[last] = value
    return document


def test_a_dm_is_read_with_its_time_in_any_zone():
    data = parse(DM).data
    assert isinstance(data, MessageCreated)
    assert data.message.sent_at.isoformat() == "2025-03-04T10:23:45.100000+09:00"


def test_unknown_fields_are_ignored():
    assert parse(changed("data.message.colour", "red")).data == parse(DM).data


def test_an_unknown_type_is_told_apart():
    assert parse(event("room.painted", "4821")).data is None


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("type", 5),
        ("type", "has space"),
        ("type", ...),
        ("timestamp", "2025-03-04T01:23:45"),
        ("timestamp", "yesterday"),
        ("timestamp", "0001-01-01T00:00:00+14:00"),
        ("data", []),
        ("data", ...),
        ("schema", 2),
        ("data.event_id", "evt_2"),
        ("data.organization", "4821"),
        ("data.organization.id", 4821),
        ("data.organization.id", ""),
        ("data.organization.id", "x" * 65),
        ("data.organization.id", "a\x00b"),
        ("data.organization.id", "\ud800"),
        ("data.message.id", ...),
        ("data.message.text", "x" * 8_001),
        ("data.message.sent_at", 1741051425),
        ("data.message.sent_at", "9999-12-31T23:59:59Z"),
        ("data.recipients", {}),
        ("data.recipients", ["223344"]),
        ("data.sender", ...),
        ("data.message.text", 5),
        ("data.mention", ...),
        ("data.mention", None),
        ("data.recipients", None),
    ],
)
def test_a_wrong_field_is_refused(path, value):
    with pytest.raises(MalformedEventError):
        parse(changed(path, value))


@pytest.mark.parametrize(
    ("path", "value", "stands"),
    [
        ("data.message.text", None, ""),
        ("data.message.text_format", "markdown", "plain"),
        ("data.message.text_format", None, "plain"),
        ("data.message.deep_link", ["https://app.ovice.com/"], None),
        ("data.message.deep_link", "https://app.ovice.com/" + "x" * 2_048, None),
        ("data.message.attachments", None, []),
        ("data.message.attachments", "two", []),
        ("data.message.attachments", [1, {"kind": 5}, {"kind": "x" * 65}, {}], [Attachment()] * 4),
        ("data.mention.scope", "everybody", "everybody"),
        ("data.mention.scope", ["user"], ""),
        ("data.mention.scope", None, ""),
        ("data.sender.name", None, ""),
        ("data.sender.name", "x" * 300, "x" * 255),
        ("data.space", "987", None),
        ("data.space", {"name": "no id"}, None),
        ("data.space.name", 5, None),
        ("data.space.domain", "x" * 64, None),
        ("data.space.url", "https://app.ovice.com/\x00", None),
        ("data.message.sent_at", "2025-03-04T01:23:60Z", datetime(2025, 3, 4, 1, 23, 59, 0, UTC)),
    ],
)
def test_a_field_that_decorates_refuses_nothing(path, value, stands):
    read = parse(changed(path, value)).data
    for name in path.removeprefix("data.").split("."):
        read = getattr(read, name)
    assert read == stands


def test_a_recipient_of_an_unknown_type_is_not_one_person():
    data = parse(changed("data.recipients", [{"id": "223344", "type": 5}])).data
    assert isinstance(data, MessageCreated)
    assert check_addressing(data) == Skip.MULTIPLE_RECIPIENTS


@pytest.mark.parametrize("scope", ["everybody", "USER", "user ", "", 5, None, ["user"]])
def test_a_scope_that_is_not_known_is_not_one_person(scope):
    data = parse(changed("data.mention.scope", scope)).data
    assert isinstance(data, MessageCreated)
    assert check_addressing(data) == Skip.GROUP_MENTION


@pytest.mark.parametrize("role", ["boss", "OWNER", "", 5, [], {"owner": 1}])
def test_a_role_that_is_not_known_gives_no_right(role):
    told = event("organization.member.updated", "4821", member={"id": "1", "role": role})
    data = parse(told).data
    assert isinstance(data, MemberTold)
    assert data.member.role == "guest"


def test_the_longest_locale_leaves_the_person_their_language():
    locale = "en-US-u-fw-mon-mu-celsius"
    told = event("organization.member.updated", "4821", member={"id": "1", "locale": locale})
    data = parse(told).data
    assert isinstance(data, MemberTold)
    assert language_of(data.member.locale or "") == "en"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"null",
        b"[]",
        b'"text"',
        b"\xff\xfe{}",
        json.dumps(DM).encode("utf-16"),
        b"[" * 60_000,
        b'{"a":' * 10_000 + b"1" + b"}" * 10_000,
        b'{"type":"x","type":"y","timestamp":"2025-03-04T01:23:45Z","data":{}}',
        b'{"type":"x","timestamp":"2025-03-04T01:23:45Z","data":{"a":NaN}}',
        b'{"type":"x","timestamp":"2025-03-04T01:23:45Z","data":{"a":' + b"9" * 5_000 + b"}}",
    ],
    ids=lambda body: repr(body[:20]),
)
def test_a_body_that_is_no_event_is_refused(body):
    with pytest.raises(MalformedEventError):
        parse_event(body, event_id=ID)


def test_the_longest_text_is_read_whole():
    data = parse(changed("data.message.text", "𠮟" * 8_000)).data
    assert isinstance(data, MessageCreated)
    assert len(data.message.text) == 8_000


def test_a_refusal_quotes_nothing_of_the_event():
    for path in ("data.message.sent_at", "timestamp", "data.organization.id", "type"):
        with pytest.raises(MalformedEventError) as refusal:
            parse(changed(path, "canary ' canary"))
        assert "canary" not in str(refusal.value)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
PATHS = [
    "type", "timestamp", "schema", "data", "data.organization", "data.organization.id",
    "data.space",
    "data.space.id", "data.space.name", "data.message", "data.message.id", "data.message.text",
    "data.message.sent_at", "data.message.deep_link", "data.message.attachments", "data.mention",
    "data.mention.scope", "data.sender", "data.sender.name", "data.recipients", "data.event_id",
]  # fmt: skip


@given(path=st.sampled_from(PATHS), value=JSON | st.text(st.characters(codec=None)))
def test_any_value_in_any_field_is_an_event_or_refused(path, value):
    try:
        parsed = parse(changed(path, value))
    except MalformedEventError:
        return
    assert parsed.id == ID


@given(kind=st.sampled_from(sorted(SCHEMAS)), data=st.dictionaries(st.text(), JSON, max_size=4))
def test_any_data_of_any_type_is_an_event_or_refused(kind, data):
    try:
        parsed = parse(event(kind, "4821") | {"data": {"organization": {"id": "1"}, **data}})
    except MalformedEventError:
        return
    assert parsed.type == kind


@given(st.binary(max_size=200))
def test_any_bytes_are_refused(body):
    with pytest.raises(MalformedEventError):
        parse_event(body, event_id=ID)
