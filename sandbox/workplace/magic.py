"""Magic recipients: whose address or name begins with one of these words always meets a fault."""

import re

from sandbox.workplace.faults import Fault
from sandbox.workplace.records import Member

SLOW_SECONDS = 3.0
NUMBERED = re.compile(r"(slow|error)-([0-9]{1,6})")
UNAVAILABLE = "(#551) This person isn't available right now."
WORDS = {
    "slow": Fault("slow", seconds=SLOW_SECONDS),
    "gone": Fault("error", code=551, subcode=1545041, message=UNAVAILABLE),
    "rate-limited": Fault(
        "error", code=613, message="(#613) Calls to this api have exceeded the rate limit."
    ),
    "cut-before": Fault("cut_before"),
    "cut-after": Fault("cut_after"),
    "cut-answer": Fault("cut_answer", after_bytes=10),
    "html": Fault("html"),
    "unavailable": Fault("html", status=503),
    "empty": Fault("empty"),
    "broken-json": Fault("broken_json"),
    "missing-field": Fault("missing_field"),
    "missing-type": Fault("missing_type"),
}


def fault_of(member: Member | None) -> Fault | None:
    """Return the fault that every send to this member meets, if there is one.

    `slow-5` is slow by five seconds, `error-1200` is refused with code 1200.
    """
    if member is None:
        return None
    for text in (member.email, member.name):
        if fault := _fault_of_text(text.casefold().replace(" ", "-")):
            return fault
    return None


def _fault_of_text(text: str) -> Fault | None:
    if numbered := NUMBERED.match(text):
        number = int(numbered[2])
        return (
            Fault("slow", seconds=number) if numbered[1] == "slow" else Fault("error", code=number)
        )
    for word, fault in WORDS.items():
        if text.startswith(word):
            return fault
    return None
