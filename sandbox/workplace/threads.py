"""Group chats: who is in them and what they are called."""

from typing import Any

from sandbox.workplace.call import Call
from sandbox.workplace.errors import no_such_object
from sandbox.workplace.records import Thread


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
