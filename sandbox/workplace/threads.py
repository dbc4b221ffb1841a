"""Group chats: who is in them, what they are called, what was written there."""

from typing import Any

from sandbox.workplace import content, paging, parameters
from sandbox.workplace.call import Call
from sandbox.workplace.errors import bad_parameter, missing_permission, no_such_object
from sandbox.workplace.records import Member, Message, Thread
from sandbox.workplace.replies import Reply

NAME_UNITS = 250


def of(call: Call, thread_id: str) -> Thread:
    """Return a thread the calling bot is in."""
    thread = call.world.threads.get(thread_id)
    if thread is None or thread.install is not call.install:
        raise no_such_object(thread_id)
    return thread


def describe(call: Call, thread: Thread) -> dict[str, Any]:
    """Return a thread as the Graph API shows it."""
    people = [
        {"id": call.world.scoped_id(call.install, member), "name": member.name}
        for member in thread.members
    ]
    people.append({"id": thread.install.page_id, "name": thread.install.page_name})
    return {"id": thread.thread_id, "name": thread.name, "participants": {"data": people}}


async def rename(call: Call) -> Reply:
    """Answer `POST /t_…/threadname` with `{"name"}`."""
    thread = _group(call)
    name = call.params.get("name")
    content.check_text(name, "name", NAME_UNITS)
    thread.name = str(name)
    call.world.announce_thread(thread)
    return Reply.of({"success": True})


async def add_people(call: Call) -> Reply:
    """Answer `POST /t_…/participants` with `{"to": [id, …]}`."""
    thread = _group(call)
    thread.members += [member for member in _people(call) if member not in thread.members]
    call.world.announce_thread(thread)
    return Reply.of({"success": True})


async def remove_people(call: Call) -> Reply:
    """Answer `DELETE /t_…/participants` with `{"to": [id, …]}`."""
    thread, leaving = _group(call), _people(call)
    thread.members = [member for member in thread.members if member not in leaving]
    call.world.announce_thread(thread)
    return Reply.of({"success": True})


async def messages(call: Call) -> Reply:
    """Answer `GET /t_…/messages`, newest first; needs the permission to read all messages."""
    thread = of(call, call.segments[0])
    if "read_all_messages" not in call.install.permissions:
        raise missing_permission("Requires the permission to read all messages.")
    return paging.page(call, [_described(call, message) for message in reversed(thread.messages)])


def _group(call: Call) -> Thread:
    thread = of(call, call.segments[0])
    if not thread.is_group:
        raise bad_parameter("Parameter error: This thread is not a group chat")
    return thread


def _people(call: Call) -> list[Member]:
    asked = parameters.names(call.params.get("to"))
    found = [call.world.member_by_scoped_id(call.install, one) for one in asked]
    people = [member for member in found if member is not None]
    if not asked or len(people) != len(found):
        raise bad_parameter("param to must be a list of member ids.")
    return people


def _described(call: Call, message: Message) -> dict[str, Any]:
    install = call.install
    sender = {"id": install.page_id, "name": install.page_name}
    if message.sender is not None:
        sender = {
            "id": call.world.scoped_id(install, message.sender),
            "name": message.sender.name,
        }
    return {
        "id": message.message_id,
        "message": message.text,
        "from": sender,
        "created_time": call.world.clock.iso(message.created_at),
    }
