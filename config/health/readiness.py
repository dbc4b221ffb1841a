"""Readiness: what this process depends on, and whether it may be sent requests.

*Ready* means: a DM that ovice sends now would be accepted and is on disk. That needs the database,
its tables, the keys, and a clock that agrees with the database's. Without the broker it still
holds, since a wake-up is only a hint: then the answer is *degraded*, and requests may come.
"""

import threading
import time
from collections.abc import Iterable, Mapping

from django.db import connection
from psycopg_pool import PoolTimeout

from config.health.answers import Verdict
from config.health.questions import PROBES, Question

# All are asked together, so this is also how long the whole may take.
SECONDS = 2.0
# An answer is good for so long: asking often costs no more than asking seldom.
KEPT_SECONDS = 1.0
OK, NO_ANSWER = "ok", f"no answer within {SECONDS:g} s"


class _Asked:
    """One question being asked, in a thread of its own that may hang."""

    def __init__(self, question: Question) -> None:
        self._question = question
        self.found = NO_ANSWER
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def wait(self, until: float) -> bool:
        """Wait for the end at most until this moment of the monotonic clock; tell if it came."""
        self._thread.join(max(0.0, until - time.monotonic()))
        return not self._thread.is_alive()

    @property
    def is_final(self) -> bool:
        """Whether it need not be asked again in this process."""
        return self._question.once and self.found == OK

    def _run(self) -> None:
        try:
            answers = list(self._question.ask())
            bad = (answer.text for answer in answers if answer.verdict == Verdict.BAD)
            self.found = next(bad, OK)
        except PoolTimeout:
            self.found = "no connection is free"
        except Exception:  # noqa: BLE001 - whatever it is, the others must be told of
            self.found = "cannot be asked"
        finally:
            connection.close()


class Readiness:
    """Asks everything at once, and never twice what still hangs."""

    def __init__(self, questions: Iterable[Question] = PROBES) -> None:
        self._questions = tuple(questions)
        self._lock = threading.Lock()
        # Those that hang, and those that are answered for good.
        self._kept: dict[str, _Asked] = {}
        self._found: dict[str, str] = {}
        self._found_at = float("-inf")

    def ask(self) -> dict[str, str]:
        """Return what is known of each dependency: ``ok``, or in our own words what is wrong."""
        with self._lock:
            if time.monotonic() - self._found_at > KEPT_SECONDS:
                self._found = self._ask()
                self._found_at = time.monotonic()
            return dict(self._found)

    def _ask(self) -> dict[str, str]:
        until = time.monotonic() + SECONDS
        begun = {one.probe: self._kept.get(one.probe) or _Asked(one) for one in self._questions}
        hanging = {name for name, asked in begun.items() if not asked.wait(until)}
        self._kept = {
            name: asked for name, asked in begun.items() if name in hanging or asked.is_final
        }
        return {
            name: NO_ANSWER if name in hanging else asked.found for name, asked in begun.items()
        }


def verdict(found: Mapping[str, str]) -> str:
    """Return ``ready``, ``degraded`` or ``not ready`` for what was found."""
    broken = {name for name, state in found.items() if state != OK}
    if broken & {question.probe for question in PROBES if question.needed}:
        return "not ready"
    return "degraded" if broken else "ready"
