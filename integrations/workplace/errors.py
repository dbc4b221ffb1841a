"""One table from the Graph API's errors to the relay's words.

The code, the subcode and ``is_transient`` decide. The HTTP status is asked only when they say
nothing, because the platform sends 400 for nearly everything. Messages are looked into where one
code means two things; they never leave this module.
"""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus

from integrations.targets.errors import (
    Blocked,
    CodeRejected,
    ContentRefused,
    PermissionMissing,
    ProofRejected,
    RateLimited,
    RecipientGone,
    TargetError,
    TokenRejected,
    Unavailable,
    Unconfirmed,
)
from integrations.workplace.usage import Usage


class NotFound(RecipientGone):
    """The node asked for does not exist, or this token may not see it; look-ups return None."""


@dataclass(frozen=True, slots=True)
class Envelope:
    """The platform's error object; only ``message`` and ``code`` are dependable, and may lack."""

    status: int
    code: int | None = None
    subcode: int | None = None
    transient: bool = False
    message: str = field(default="", repr=False)
    trace: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table: each part that is given must match."""

    error: type[TargetError]
    codes: Collection[int] = ()
    subcodes: Collection[int] = ()
    statuses: Collection[int] = ()
    says: tuple[str, ...] = ()
    transient: bool = False

    def matches(self, envelope: Envelope) -> bool:
        """Tell whether this line speaks of ``envelope``."""
        message = envelope.message.lower()
        return (
            (not self.codes or envelope.code in self.codes)
            and (not self.subcodes or envelope.subcode in self.subcodes)
            and (not self.statuses or envelope.status in self.statuses)
            and (not self.says or any(words in message for words in self.says))
            and (not self.transient or envelope.transient)
        )


# The first line that matches decides.
TABLE = (
    Row(RateLimited, codes={4, 17, 32, 341, 613, *range(80000, 80015)}),
    Row(Blocked, codes={368}),
    Row(RateLimited, statuses={429}),
    Row(ContentRefused, codes={1}, says=("reduce the amount of data",)),
    Row(ProofRejected, codes={1}, says=("client secret",)),
    Row(Unavailable, codes={1, 2, 1200}),
    # Before the lines that stop an installation: a passing fault must not alarm its owner.
    Row(Unavailable, transient=True),
    Row(ProofRejected, codes={100}, says=("appsecret",)),
    Row(CodeRejected, codes={100}, subcodes={36007, 36008, 36009}),
    Row(CodeRejected, codes={100}, says=("verification code",)),
    # Seen under code 200 and under 551: "this person isn't available".
    Row(RecipientGone, subcodes={1545041}),
    Row(RecipientGone, codes={100}, subcodes={2018001}),
    Row(RecipientGone, codes={100}, says=("cannot send messages to this id", "no matching user")),
    Row(RecipientGone, codes={230, 551}),
    # Messenger's time window, unknown on Workplace: one person's matter, not the installation's.
    Row(RecipientGone, codes={10}, subcodes={2018065, 2018108, 2018278}),
    Row(TokenRejected, codes={101, 102, 104, 190}),
    Row(TokenRejected, codes={2500}, says=("access token",)),
    Row(NotFound, codes={33, 803}),
    Row(NotFound, codes={100}, subcodes={33}),
    Row(PermissionMissing, codes={3, 10, *range(200, 300)}),
    Row(NotFound, statuses={404}),
    Row(NotFound, statuses={400}, says=("does not exist", "do not exist")),
    Row(ContentRefused, codes={100, 506, 2022, 2200, 2500, 10900, 10903, 10904, 1357046}),
    Row(TokenRejected, statuses={401}),
    Row(PermissionMissing, statuses={403}),
)

# A server error by which nothing was accepted.
_REFUSING = {
    HTTPStatus.INTERNAL_SERVER_ERROR,
    HTTPStatus.BAD_GATEWAY,
    HTTPStatus.SERVICE_UNAVAILABLE,
}
_TRACE = re.compile(r"[A-Za-z0-9_-]{1,32}")


def read_envelope(error: object, *, status: int) -> Envelope:
    """Read the ``error`` member of an answer, whatever of it is there."""
    parts: Mapping[str, object] = error if isinstance(error, Mapping) else {"message": error}
    trace = str(parts.get("fbtrace_id", ""))
    return Envelope(
        status=status,
        code=_integer(parts.get("code")),
        subcode=_integer(parts.get("error_subcode")),
        transient=parts.get("is_transient") is True,
        message=str(parts.get("message", "")),
        trace=trace if _TRACE.fullmatch(trace) else "",
    )


def error_for(envelope: Envelope, usage: Usage, *, once: bool) -> TargetError:
    """Return the error that an envelope means; a plain ``TargetError`` if nobody has named it."""
    row = next((row for row in TABLE if row.matches(envelope)), None)
    found = row.error if row else _class_for_status(envelope.status, once=once)
    code = f"http/{envelope.status}" if envelope.code is None else str(envelope.code)
    if envelope.subcode is not None:
        code = f"{code}/{envelope.subcode}"
    return found(code=code, trace=envelope.trace, wait=usage.wait)


def error_for_status(status: int, usage: Usage, *, once: bool) -> TargetError:
    """Return the error for an answer that carries no error object, such as a gateway's page."""
    return _class_for_status(status, once=once)(code=f"http/{status}", wait=usage.wait)


def unsettled(*, once: bool) -> type[TargetError]:
    """Return the class for "it left, and no usable answer came".

    ``once`` marks a call that must not be accepted twice. All others may simply be made again.
    """
    return Unconfirmed if once else Unavailable


def _class_for_status(status: int, *, once: bool) -> type[TargetError]:
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return RateLimited
    if status in _REFUSING:
        return Unavailable
    # A gateway's timeout and its relatives: what stood behind it may have taken the call.
    return unsettled(once=once) if status > max(_REFUSING) else TargetError


def _integer(value: object) -> int | None:
    if isinstance(value, str) and value.isascii() and value.isdigit():
        return int(value[:10])
    return value if isinstance(value, int) and not isinstance(value, bool) else None
