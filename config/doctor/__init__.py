"""What is wrong with this deployment: every question `manage.py doctor` asks, and their answers.

Nothing here changes anything, and no answer quotes a secret or an address that may hold one.
"""

from collections.abc import Callable, Iterator

from config.doctor import inside, outside, running
from config.doctor.answers import Answer, Verdict, bad

Question = Callable[[], Iterator[Answer]]

# The order of a page one reads from the top: without the first ones the later make no sense.
QUESTIONS: dict[str, Question] = {
    "settings": inside.ask_settings,
    "database": inside.ask_database,
    "migrations": inside.ask_migrations,
    "keys": inside.ask_keys,
    "Redis": running.ask_broker,
    "workers": running.ask_workers,
    "beat": running.ask_beat,
    "audit": running.ask_audit,
    "queue": running.ask_queue,
    "connections": running.ask_connections,
    "purges": running.ask_removals,
    "canaries": running.ask_canaries,
    "web": outside.ask_web,
    "clock": outside.ask_clock,
    "mail": outside.ask_mail,
    "launch keys": outside.ask_launch_keys,
    "directory": outside.ask_directory,
    "callbacks": outside.ask_callbacks,
}


def examine(name: str) -> Iterator[Answer]:
    """Ask one question; one that cannot be asked is answered badly, not an end of the others."""
    try:
        yield from QUESTIONS[name]()
    except Exception as error:  # noqa: BLE001 - whatever it is, the page goes on
        # Only the kind: the message of a driver names hosts, users and worse.
        yield bad(
            f"could not be examined ({type(error).__name__})", "See what is wrong above first."
        )


__all__ = ["QUESTIONS", "Answer", "Verdict", "examine"]
