"""Errors of a call to a chat target, in the words the relay understands.

Every class answers two questions and nothing else: is it worth trying again (``retry``), and whose
fault was it (``scope``)? A third fact, ``unconfirmed``, says that the request left and nobody knows
whether it was accepted. Translating a platform's codes into these classes is the target's work.
"""

from datetime import timedelta
from enum import StrEnum
from typing import ClassVar


class Scope(StrEnum):
    """Whose fault a failed call was."""

    CALL = "call"
    RECIPIENT = "recipient"
    INSTALLATION = "installation"
    TARGET = "target"


class TargetError(Exception):
    """A call failed for a reason nobody has named: try again, a few times only.

    ``code`` is the platform's code (``"100/2018001"``), ``trace`` its own id for the call and
    ``wait`` how long it asked us to stay away. Nothing else may be put in: an exception ends up in
    logs and error reports, so it never carries a request, an answer, an address or a token.
    """

    retry: ClassVar[bool] = True
    scope: ClassVar[Scope] = Scope.CALL
    unconfirmed: ClassVar[bool] = False
    reason: ClassVar[str] = "unknown"

    def __init__(self, *, code: str = "", trace: str = "", wait: timedelta | None = None) -> None:
        super().__init__(f"{self.reason} code={code or '-'} trace={trace or '-'}")
        self.code = code
        self.trace = trace
        self.wait = wait

    @property
    def fields(self) -> dict[str, str]:
        """Return what a log line tells of it."""
        return {"reason": self.reason, "code": self.code, "trace": self.trace}


class NotReached(TargetError):
    """No connection came about; the request never left."""

    scope = Scope.TARGET
    reason = "not_reached"


class Unavailable(TargetError):
    """The platform says that it cannot serve anybody just now."""

    scope = Scope.TARGET
    reason = "unavailable"


class Unconfirmed(TargetError):
    """The request left and no usable answer came back: it may or may not have been accepted."""

    unconfirmed = True
    reason = "unconfirmed"


class RateLimited(TargetError):
    """Too many calls with this token; ``wait`` says until when, if the platform told."""

    scope = Scope.INSTALLATION
    reason = "rate_limited"


class Blocked(TargetError):
    """The platform's abuse checks hold this token for a long while."""

    scope = Scope.INSTALLATION
    reason = "blocked"


class NeedsAttention(TargetError):
    """Nothing can be sent with this installation until its owner does something."""

    scope = Scope.INSTALLATION
    reason = "needs_attention"


class TokenRejected(NeedsAttention):
    """The access token is not, or no longer, valid."""

    reason = "token_rejected"


class PermissionMissing(NeedsAttention):
    """The token is valid but lacks a permission that the call needs."""

    reason = "permission_missing"


class ProofRejected(NeedsAttention):
    """The proof of the app secret was missing or wrong: a wrong secret, or a wrong clock."""

    reason = "proof_rejected"


class ClockSkewed(ProofRejected):
    """The proof was refused, and the platform's clock differs from ours: ours is wrong."""

    reason = "clock_skewed"


class RecipientGone(TargetError):
    """This person cannot be written to: unknown, deactivated, or has blocked the bot."""

    retry = False
    scope = Scope.RECIPIENT
    reason = "recipient_gone"


class ContentRefused(TargetError):
    """The platform refuses this very message; the same call would be refused again."""

    retry = False
    reason = "content_refused"


class CodeRejected(TargetError):
    """An install code is used, expired, or of another redirect URI: the install starts over."""

    retry = False
    reason = "code_rejected"
