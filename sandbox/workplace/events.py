"""Turns what happens in chats into the platform's webhook events."""

from typing import Any

from sandbox.workplace.records import Member, Message, Thread
from sandbox.workplace.webhooks import Event, Sender
from sandbox.workplace.world import World


def bot_wrote(world: World, sender: Sender, message: Message) -> None:
    """Tell the app that its own message was written (echo) and delivered."""
    thread, now = message.thread, world.clock.milliseconds()
    if "page" not in thread.install.app.subscriptions:
        return
    for member in thread.members:
        echo: dict[str, Any] = {
            "is_echo": True,
            "app_id": int(thread.install.app.app_id),
            "mid": message.message_id,
        }
        if message.metadata:
            echo["metadata"] = message.metadata
        if message.attachment is not None:
            echo["attachments"] = [message.attachment]
        else:
            echo["text"] = message.text
        item = {
            "sender": {"id": thread.install.page_id},
            "recipient": {"id": world.scoped_id(thread.install, member)},
            "timestamp": now,
            "message": echo,
        }
        _emit(sender, thread, "message_echoes", item)
        delivery = {"mids": [message.message_id], "watermark": now}
        _from_member(world, sender, thread, member, "message_deliveries", delivery=delivery)
        if thread.is_group:
            return


def member_wrote(world: World, sender: Sender, message: Message, member: Member) -> None:
    """Tell the app that a member wrote, or chose a quick reply: its title comes as text too."""
    content: dict[str, Any] = {"mid": message.message_id, "text": message.text}
    if message.payload:
        content["quick_reply"] = {"payload": message.payload}
    _from_member(world, sender, message.thread, member, "messages", message=content)


def member_tapped(world: World, sender: Sender, message: Message, member: Member) -> None:
    """Tell the app that a member tapped a button, a menu entry or Get started."""
    postback = {"mid": message.message_id, "title": message.text, "payload": message.payload}
    _from_member(world, sender, message.thread, member, "messaging_postbacks", postback=postback)


def member_read(world: World, sender: Sender, thread: Thread, member: Member) -> None:
    """Tell the app that a member has read all up to now."""
    read = {"watermark": world.clock.milliseconds()}
    _from_member(world, sender, thread, member, "message_reads", read=read)


def _from_member(
    world: World,
    sender: Sender,
    thread: Thread,
    member: Member,
    field_name: str,
    **content: dict[str, Any],
) -> None:
    item: dict[str, Any] = {
        "sender": {"id": world.scoped_id(thread.install, member)},
        "recipient": {"id": thread.install.page_id},
        "timestamp": world.clock.milliseconds(),
        **content,
    }
    _emit(sender, thread, field_name, item)


def _emit(sender: Sender, thread: Thread, field_name: str, item: dict[str, Any]) -> None:
    """Send an event with what every one has: the community, and the thread if it is a group's."""
    community_id: int | str = thread.install.community.community_id
    if sender.settings.numeric_community:
        # Inside messaging[].sender the platform sent this id as a number, elsewhere as text.
        community_id = int(community_id)
    item["sender"]["community"] = {"id": community_id}
    if thread.is_group:
        item["thread"] = {"id": thread.thread_id}
    if thread.install.uninstalled_at is None:
        event = Event(thread.install.page_id, item)
        sender.emit(thread.install.app, "page", field_name, event)
