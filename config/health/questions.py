"""Health questions: one list, asked by `/readyz` (those with a ``probe``) and `manage.py doctor`.

The self-checks (``messaging.monitoring``) ask for broker, beat and workers with the same functions,
and the doctor repeats the incidents that they found. Nothing here changes anything, and no answer
quotes a secret or an address that may hold one.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from config.health import dependencies, network, relay
from config.health.answers import Answer, bad


@dataclass(frozen=True, slots=True)
class Question:
    """``name`` is the doctor's, ``probe`` that of `/readyz`, empty where a probe does not ask it.

    One that is not ``needed`` leaves a process degraded, but ready. One that is asked ``once`` was
    answered well for as long as the process lives.
    """

    name: str
    ask: Callable[[], Iterator[Answer]]
    probe: str = ""
    needed: bool = True
    once: bool = False


# The order of a page one reads from the top: without the first ones the later make no sense.
QUESTIONS = (
    Question("settings", dependencies.ask_settings),
    Question("database", dependencies.ask_database, probe="database"),
    # Tables do not go back while a process runs.
    Question("migrations", dependencies.ask_migrations, probe="migrations", once=True),
    Question("keys", dependencies.ask_keys, probe="keys"),
    Question("keys", dependencies.ask_key_use),
    Question("clock", dependencies.ask_clock, probe="clock"),
    Question("clock", network.ask_clock),
    # A wake-up is only a hint: without the broker a DM is accepted all the same.
    Question("Redis", dependencies.ask_broker, probe="broker", needed=False),
    Question("workers", relay.ask_workers),
    Question("beat", relay.ask_beat),
    Question("audit", relay.ask_audit),
    Question("queue", relay.ask_queue),
    Question("connections", relay.ask_connections),
    Question("purges", relay.ask_removals),
    Question("canaries", relay.ask_canaries),
    Question("web", network.ask_web),
    Question("mail", network.ask_mail),
    Question("launch keys", network.ask_launch_keys),
    Question("directory", network.ask_directory),
    Question("callbacks", network.ask_callbacks),
)
NAMES = tuple(dict.fromkeys(question.name for question in QUESTIONS))
PROBES = tuple(question for question in QUESTIONS if question.probe)


def examine(name: str) -> Iterator[Answer]:
    """Ask what goes by one name; a question that cannot be asked does not end the others."""
    for question in QUESTIONS:
        if question.name != name:
            continue
        try:
            yield from question.ask()
        except Exception as error:  # noqa: BLE001 - whatever it is, the page goes on
            # Only the kind: the message of a driver names hosts, users and worse.
            text = f"could not be examined ({type(error).__name__})"
            yield bad(text, "See what is wrong above first.")
