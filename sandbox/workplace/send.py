"""`POST /me/messages`: who is written to, whether that may be, and what is answered."""

from typing import Any

from sandbox.workplace import content, events, ids, parameters, threads
from sandbox.workplace.call import Call
from sandbox.workplace.errors import GraphError, bad_parameter, not_messageable
from sandbox.workplace.records import Member, Message, Thread
from sandbox.workplace.replies import Reply

ACTIONS = ("mark_seen", "typing_on", "typing_off")
MESSAGING_TYPES = ("RESPONSE", "UPDATE", "MESSAGE_TAG")
FORMS = ("id", "ids", "thread_key")
UNAVAILABLE, UNAVAILABLE_SUBCODE = 551, 1545041
MOST_GROUP_MEMBERS = 250


async def message(call: Call) -> Reply:
    """Answer a send: `{"recipient_id", "message_id"}`, and `thread_key` for group chats."""
    call.require("message", "The bot lacks the permission to message members.")
    recipient = _recipient(call)
    action = call.params.get("sender_action")
    body = parameters.structure(call.params, "message")
    if action is None and body is None:
        raise bad_parameter("The parameter message or sender_action is required.")
    if action is not None and body is not None:
        raise bad_parameter("param sender_action must not come with message.")
    if action is not None and action not in ACTIONS:
        raise bad_parameter("param sender_action must be one of mark_seen, typing_on, typing_off.")
    if call.params.get("messaging_type", "UPDATE") not in MESSAGING_TYPES:
        raise bad_parameter("param messaging_type must be one of RESPONSE, UPDATE, MESSAGE_TAG.")
    if body is not None:
        cuts_titles = call.world.behaviour.long_quick_reply_titles == "cut"
        body = content.check(_with_upload(call, body), cuts_titles=cuts_titles)
    thread = _thread(call, recipient)
    answer = _answer(call, recipient, thread)
    if body is None:
        _act(call, thread, str(action))
    else:
        answer |= {"message_id": _deliver(call, thread, body).message_id}
    call.record.accepted = True
    return Reply.of(answer)


def recipient_of(call: Call) -> Member | None:
    """Return the one member a call writes to, before anything is checked; faults go by it."""
    try:
        recipient = parameters.structure(call.params, "recipient")
    except GraphError:
        return None
    asked = recipient.get("id") if isinstance(recipient, dict) else None
    if not isinstance(asked, str) or not call.has_install:
        return None
    return call.world.member_by_scoped_id(call.install, asked)


def _with_upload(call: Call, body: Any) -> Any:
    """Return the message with the file of a multipart body where an attachment's address goes."""
    attachment = body.get("attachment") if isinstance(body, dict) else None
    upload = call.params.get("filedata")
    if not isinstance(attachment, dict) or not isinstance(upload, parameters.Upload):
        return body
    payload = attachment.get("payload") or {}
    if isinstance(payload, dict):
        payload = payload | {"attachment_id": ids.new_id("5", 15)}
    return body | {"attachment": attachment | {"payload": payload}}


def _recipient(call: Call) -> dict[str, Any]:
    if "recipient" not in call.params:
        raise bad_parameter("The parameter recipient is required.")
    recipient = parameters.structure(call.params, "recipient")
    if not isinstance(recipient, dict) or not recipient:
        raise bad_parameter("param recipient must be non-empty.")
    if len([form for form in FORMS if form in recipient]) != 1:
        raise bad_parameter("param recipient must have exactly one of id, ids, thread_key.")
    return recipient


def _thread(call: Call, recipient: dict[str, Any]) -> Thread:
    if "thread_key" in recipient:
        return _group(call, recipient["thread_key"])
    if "id" in recipient:
        return call.world.direct_thread(call.install, _messageable(call, recipient["id"]))
    asked = recipient["ids"]
    if not isinstance(asked, list) or not 0 < len(asked) <= MOST_GROUP_MEMBERS:
        raise bad_parameter("param recipient[ids] must be a list of member ids.")
    found = [_messageable(call, one) for one in asked]
    members = list({member.member_id: member for member in found}.values())
    return call.world.group_thread(call.install, members)


def _group(call: Call, thread_key: Any) -> Thread:
    try:
        thread = threads.of(call, str(thread_key))
    except GraphError:
        raise bad_parameter("Parameter error: The bot is not in this thread") from None
    if not thread.is_group:
        raise bad_parameter("Parameter error: The bot is not in this thread")
    return thread


def _messageable(call: Call, asked: Any) -> Member:
    member = call.world.member_by_scoped_id(call.install, asked) if isinstance(asked, str) else None
    if member is None or member.claimed_at is None:
        raise not_messageable()
    if member.deactivated_at is not None or call.install.page_id in member.blocked_pages:
        raise unavailable(call)
    return member


def unavailable(call: Call) -> GraphError:
    """Return the refusal for a member who left or blocked the bot: 551, or 100 if so chosen."""
    if call.world.behaviour.unavailable_code != UNAVAILABLE:
        return not_messageable()
    return GraphError(
        UNAVAILABLE, "(#551) This person isn't available right now.", subcode=UNAVAILABLE_SUBCODE
    )


def _answer(call: Call, recipient: dict[str, Any], thread: Thread) -> dict[str, str]:
    if not thread.is_group:
        return {"recipient_id": call.world.scoped_id(call.install, thread.members[0])}
    if "thread_key" in recipient:
        return {"thread_key": thread.thread_id}
    return {"recipient_id": thread.thread_id, "thread_key": thread.thread_id}


def _deliver(call: Call, thread: Thread, body: dict[str, Any]) -> Message:
    sent = call.world.add_message(
        thread,
        None,
        text=body.get("text") or "",
        attachment=body.get("attachment"),
        quick_replies=body.get("quick_replies") or [],
        metadata=body.get("metadata") or "",
    )
    call.record.message_id = sent.message_id
    events.bot_wrote(call.world, call.sender, sent)
    return sent


def _act(call: Call, thread: Thread, action: str) -> None:
    now = call.world.clock.now()
    if action == "mark_seen":
        thread.seen_at = now
    else:
        seconds = call.world.behaviour.typing_seconds if action == "typing_on" else 0.0
        thread.typing_until = now + seconds
    call.world.announce_thread(thread)
