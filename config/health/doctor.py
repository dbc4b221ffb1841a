"""Diagnosis of this deployment: every question `manage.py doctor` asks, and their answers.

Nothing here changes anything, and no answer quotes a secret or an address that may hold one.
"""

from collections.abc import Callable, Iterator

from config.health import doctor_inside, doctor_outside, doctor_running
from config.health.doctor_answers import Answer, Verdict, bad

Question = Callable[[], Iterator[Answer]]

# The order of a page one reads from the top: without the first ones the later make no sense.
QUESTIONS: dict[str, Question] = {
    "settings": doctor_inside.ask_settings,
    "database": doctor_inside.ask_database,
    "migrations": doctor_inside.ask_migrations,
    "keys": doctor_inside.ask_keys,
    "Redis": doctor_running.ask_broker,
    "workers": doctor_running.ask_workers,
    "beat": doctor_running.ask_beat,
    "audit": doctor_running.ask_audit,
    "queue": doctor_running.ask_queue,
    "connections": doctor_running.ask_connections,
    "purges": doctor_running.ask_removals,
    "canaries": doctor_running.ask_canaries,
    "web": doctor_outside.ask_web,
    "clock": doctor_outside.ask_clock,
    "mail": doctor_outside.ask_mail,
    "launch keys": doctor_outside.ask_launch_keys,
    "directory": doctor_outside.ask_directory,
    "callbacks": doctor_outside.ask_callbacks,
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
