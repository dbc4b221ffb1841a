"""The platform's error envelope and the refusals that several endpoints share."""

from dataclasses import dataclass, field
from typing import Any

from sandbox.workplace import ids

BAD_REQUEST, FORBIDDEN, NOT_FOUND = 400, 403, 404
OAUTH, METHOD = "OAuthException", "GraphMethodException"


@dataclass
class GraphError(Exception):
    """A refused call, told in the Graph API's own envelope.

    An empty `type` is left out, as a real outage of the platform did.
    """

    code: int
    message: str
    status: int = BAD_REQUEST
    type: str = OAUTH
    subcode: int | None = None
    is_transient: bool | None = None
    headers: dict[str, str] = field(default_factory=dict)

    def envelope(self) -> dict[str, Any]:
        """Return the body: `{"error": {...}}` with a fresh `fbtrace_id`."""
        error: dict[str, Any] = {"message": self.message, "code": self.code}
        if self.type:
            error = {"message": self.message, "type": self.type, "code": self.code}
        if self.subcode is not None:
            error["error_subcode"] = self.subcode
        if self.is_transient is not None:
            error["is_transient"] = self.is_transient
        if self.type:
            error["fbtrace_id"] = ids.fbtrace_id()
        return {"error": error}


def bad_parameter(message: str, subcode: int | None = None) -> GraphError:
    """Return code 100, which most refusals of a call's content carry."""
    return GraphError(100, f"(#100) {message}", subcode=subcode)


def not_messageable() -> GraphError:
    """Return what the platform answered to an id that cannot be written to."""
    return bad_parameter("Parameter error: You cannot send messages to this id")


def no_such_object(object_id: str) -> GraphError:
    """Return the refusal for an id that does not exist or may not be seen."""
    return GraphError(
        100,
        f"Unsupported get request. Object with ID '{object_id}' does not exist, cannot be loaded "
        "due to missing permissions, or does not support this operation",
        type=METHOD,
        subcode=33,
    )


def no_such_alias(alias: str, status: int) -> GraphError:
    """Return the refusal for an address nobody has."""
    message = f"(#803) Some of the aliases you requested do not exist: {alias}"
    return GraphError(803, message, status=status)


def unknown_path(path: str) -> GraphError:
    """Return the refusal for a path that leads nowhere."""
    return GraphError(2500, f"Unknown path components: /{path}")


def missing_permission(what: str) -> GraphError:
    """Return code 200: the install lacks a permission."""
    return GraphError(200, f"(#200) {what}", status=FORBIDDEN)


def invalid_token(message: str, status: int, subcode: int | None = None) -> GraphError:
    """Return code 190 with the challenge header the platform sent along."""
    challenge = f'OAuth "Facebook Platform" "invalid_token" "{message}"'
    return GraphError(
        190, message, status=status, subcode=subcode, headers={"WWW-Authenticate": challenge}
    )
