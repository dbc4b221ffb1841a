"""The form of an answer: how it is, and what to do if it is not well."""

from dataclasses import dataclass
from enum import StrEnum


class Verdict(StrEnum):
    """How something is; only ``BAD`` makes the command fail."""

    WELL = "ok"
    DOUBTFUL = "warn"
    BAD = "BAD"


@dataclass(frozen=True, slots=True)
class Answer:
    """One line of the page, and what to do about it."""

    verdict: Verdict
    text: str
    remedy: str = ""


def well(text: str) -> Answer:
    """Return the answer that something is as it should be."""
    return Answer(Verdict.WELL, text)


def doubtful(text: str, remedy: str) -> Answer:
    """Return the answer that something may be wrong."""
    return Answer(Verdict.DOUBTFUL, text, remedy)


def bad(text: str, remedy: str) -> Answer:
    """Return the answer that something is wrong."""
    return Answer(Verdict.BAD, text, remedy)
