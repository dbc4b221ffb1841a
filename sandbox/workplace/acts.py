"""Acts of a member in Work Chat: write, choose a quick reply, tap a button, read."""

from aiohttp import web

from sandbox.workplace import events
from sandbox.workplace.records import Member, Message, Thread
from sandbox.workplace.webhooks import Sender
from sandbox.workplace.world import World


class Acts:
    """Carries out a member's acts and tells the bot's app of them."""

    def __init__(self, world: World, sender: Sender) -> None:
        """Act in the given world."""
        self.world = world
        self.sender = sender

    def write(self, thread: Thread, member: Member, text: str) -> Message:
        """Write a text."""
        self._see(thread)
        message = self.world.add_message(thread, member, text=text)
        events.member_wrote(self.world, self.sender, message, member)
        return message

    def choose(self, thread: Thread, member: Member, title: str, payload: str) -> Message:
        """Choose a quick reply."""
        self._see(thread)
        message = self.world.add_message(thread, member, text=title, payload=payload)
        events.member_wrote(self.world, self.sender, message, member)
        return message

    def tap(self, thread: Thread, member: Member, title: str, payload: str) -> Message:
        """Tap a button of a message, of the menu, or Get started."""
        self._see(thread)
        message = self.world.add_message(
            thread, member, text=title, payload=payload, is_postback=True
        )
        events.member_tapped(self.world, self.sender, message, member)
        return message

    def read(self, thread: Thread, member: Member) -> None:
        """Read everything in a chat."""
        self._see(thread)
        events.member_read(self.world, self.sender, thread, member)

    def block(self, thread: Thread, member: Member, *, blocked: bool) -> None:
        """Block the bot of a chat, which cannot write to the member then, or let it in again."""
        page_id = thread.install.page_id
        if blocked:
            member.blocked_pages.add(page_id)
        else:
            member.blocked_pages.discard(page_id)
        self.world.announce_thread(thread)

    def _see(self, thread: Thread) -> None:
        now = self.world.clock.now()
        for message in thread.messages:
            message.read_at = message.read_at or now


ACTS: web.AppKey[Acts] = web.AppKey("acts", Acts)
