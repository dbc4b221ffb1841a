"""Turns what happens in chats into the platform's webhook events."""

from sandbox.state import State
from sandbox.workplace.records import Message


def bot_wrote(state: State, message: Message) -> None:
    """Tell the bot's app that its message was delivered."""
    del state, message
