import hashlib
import hmac
import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.targets.events import (
    UpdateKind,
    WebhookKeys,
    WebhookMalformed,
    WebhookRefused,
)
from integrations.workplace.inbox import WorkplaceInbox

SECRET = "secret-of-the-app"
INBOX = WorkplaceInbox(WebhookKeys(SECRET, "agreed"))
PERSON, BOT, COMMUNITY = "100", "200", "9007199254740993"


def signed(body: bytes) -> dict[str, str]:
    digest = hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()
    return {"X-Hub-Signature-256": f"sha256={digest}"}


def read(document):
    body = document if isinstance(document, bytes) else json.dumps(document).encode()
    return INBOX.read(body, signed(body))


def page(*items, **entry):
    return {"object": "page", "entry": [{"id": BOT, "time": 1, "messaging": [*items], **entry}]}


def item(**content):
    return {
        "sender": {"id": PERSON, "community": {"id": int(COMMUNITY)}},
        "recipient": {"id": BOT},
        "timestamp": 1518528892994,
        **content,
    }


def only(document):
    [update] = read(document)
    return update


def test_a_written_message_is_told_without_its_text():
    update = only(page(item(message={"mid": "m_1", "text": "my secret"})))
    assert (update.kind, update.bot_id, update.account_id) == (UpdateKind.WROTE, BOT, PERSON)
    assert update.at == datetime(2018, 2, 13, 13, 34, 52, 994000, tzinfo=UTC)
    assert "my secret" not in repr(update)


@pytest.mark.parametrize("form", [int(COMMUNITY), COMMUNITY])
def test_a_community_id_above_two_to_the_53_keeps_its_last_digit(form):
    sender = {"id": PERSON, "community": {"id": form}}
    assert only(page(item(message={"mid": "m"}, sender=sender))).community_id == COMMUNITY


def test_a_quick_reply_is_a_tap_and_its_title_no_text():
    message = {"mid": "m", "text": "Help", "quick_reply": {"payload": "help"}}
    update = only(page(item(message=message)))
    assert (update.kind, update.code) == (UpdateKind.TAPPED, "help")


def test_a_postback_is_a_tap():
    update = only(page(item(postback={"title": "Help", "payload": "help"})))
    assert (update.kind, update.code) == (UpdateKind.TAPPED, "help")


@pytest.mark.parametrize("code", ["", "\x00", "x" * 65, "stöp", 5.5, {"a": 1}, "\ud800"])
def test_a_code_that_is_none_of_ours_is_empty(code):
    assert only(page(item(postback={"payload": code}))).code == ""


def test_an_echo_tells_the_recipient_our_reference_and_the_message():
    update = only(
        page(
            item(
                sender={"id": BOT},
                recipient={"id": PERSON},
                message={"is_echo": True, "mid": "m_1", "metadata": "ref", "text": "x"},
            )
        )
    )
    assert (update.kind, update.account_id, update.reference) == ("echoed", PERSON, "ref")
    assert update.message_ids == ("m_1",)


def test_delivery_and_read_are_told():
    reached, seen = read(
        page(
            item(delivery={"mids": ["m_1", "m_2"], "watermark": 5}),
            item(read={"watermark": 1518528890000}),
        )
    )
    assert (reached.kind, reached.message_ids) == (UpdateKind.REACHED, ("m_1", "m_2"))
    assert (seen.kind, seen.at.second) == (UpdateKind.SEEN, 50)


def test_a_message_in_a_group_is_told_apart():
    spoken = item(message={"mid": "m", "text": "x"}, thread={"id": "t_1"})
    assert only(page(spoken)).kind == UpdateKind.SPOKE_IN_GROUP


def test_a_mention_in_a_post_counts_as_spoken_in_a_group():
    value = {"from": {"id": PERSON}, "community": {"id": COMMUNITY}, "post_id": "p"}
    document = page(changes=[{"field": "mention", "value": value}])
    update = only(document)
    assert (update.kind, update.community_id) == (UpdateKind.SPOKE_IN_GROUP, COMMUNITY)


def test_a_message_of_the_bot_itself_is_left_out():
    assert read(page(item(sender={"id": BOT}, message={"mid": "m", "text": "x"}))) == []


def test_the_same_message_has_the_same_key_and_another_has_another():
    first, again, other = read(
        page(
            item(message={"mid": "m_1", "text": "x"}),
            item(message={"mid": "m_1", "text": "x"}, timestamp=1518528892999),
            item(message={"mid": "m_2", "text": "x"}),
        )
    )
    assert first.key == again.key
    assert first.key != other.key


def test_two_taps_of_one_moment_differ_by_their_payload():
    first, other = read(
        page(item(postback={"payload": "help"}), item(postback={"payload": "stop"}))
    )
    assert first.key != other.key


def test_a_post_without_our_signature_is_refused():
    body = json.dumps(page()).encode()
    for headers in ({}, {"X-Hub-Signature-256": "sha256=00"}, signed(body + b" ")):
        with pytest.raises(WebhookRefused):
            INBOX.read(body, headers)


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b"\xff", b"[" * 100_000, b"1" * 5000])
def test_a_signed_post_that_is_no_object_is_malformed(body):
    with pytest.raises(WebhookMalformed):
        read(body)


def test_a_thousand_updates_are_read_and_one_more_is_malformed():
    items = [item(message={"mid": f"m_{number}"}) for number in range(1000)]
    assert len(read(page(*items))) == 1000
    with pytest.raises(WebhookMalformed):
        read(page(*items, item(message={"mid": "m"})))


@pytest.mark.parametrize("timestamp", [None, "1", True, 0, -1, 10**30, 1.5])
def test_an_update_of_no_possible_moment_is_left_out(timestamp):
    assert read(page(item(message={"mid": "m"}, timestamp=timestamp))) == []


def test_other_topics_are_left_out():
    assert read({"object": "group", "entry": [{"id": "1", "changes": []}]}) == []


WORDS = st.sampled_from(
    ["sender", "recipient", "message", "id", "mid", "timestamp", "postback", "read", "delivery"]
)
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=5),
    max_leaves=12,
)


@given(st.lists(ANYTHING, max_size=3), ANYTHING)
def test_every_signed_post_ends_in_updates_with_ids(items, changes):
    document = {"object": "page", "entry": [{"id": BOT, "messaging": items, "changes": changes}]}
    for update in read(document):
        assert update.account_id.isdigit()
        assert update.key.isascii()


def test_the_challenge_comes_back_for_the_agreed_word_only():
    query = {"hub.mode": "subscribe", "hub.challenge": "115", "hub.verify_token": "agreed"}
    assert INBOX.challenge(query) == "115"
    for wrong in ({}, {**query, "hub.verify_token": "x"}, {**query, "hub.mode": "x"}):
        with pytest.raises(WebhookRefused):
            INBOX.challenge(wrong)


def test_without_an_agreed_word_nothing_is_confirmed():
    inbox = WorkplaceInbox(WebhookKeys(SECRET, ""))
    with pytest.raises(WebhookRefused):
        inbox.challenge({"hub.mode": "subscribe", "hub.verify_token": "", "hub.challenge": "1"})


UNREADABLE = [
    b'{"a":1,"a":2}',
    b'{"a":' + b"9" * 5_000 + b"}",
    b"[" * 20_000 + b"]" * 20_000,
    b'{"a":NaN}',
]


@pytest.mark.parametrize("bad", UNREADABLE, ids=lambda bad: repr(bad[:12]))
@pytest.mark.parametrize("where", [b'"entry": [', b'"messaging": ['])
def test_an_unreadable_item_spoils_nothing_beside_it(bad, where):
    whole = json.dumps(page(item(message={"mid": "m_1"}))).encode()
    [update] = read(whole.replace(where, where + bad + b",", 1))
    assert update.kind == UpdateKind.WROTE


def test_a_post_in_another_encoding_is_malformed():
    for encoding in ("utf-16", "utf-32", "utf-8-sig"):
        with pytest.raises(WebhookMalformed):
            read(json.dumps(page(item(message={"mid": "m"}))).encode(encoding))
