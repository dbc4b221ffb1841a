"""Checks who calls: the token first, then its proof."""

import hmac

from sandbox.workplace import ids, proof
from sandbox.workplace.call import Call
from sandbox.workplace.errors import BAD_REQUEST, GraphError, invalid_token
from sandbox.workplace.records import Install, Kind

APP_REMOVED = 458
DAY_SECONDS = 86400
NO_TOKEN_PATHS = frozenset({"oauth/access_token"})


def authenticate(call: Call) -> None:
    """Find out who calls, or refuse: no token, a dead token, or a proof that does not hold."""
    if call.path in NO_TOKEN_PATHS:
        return
    if not call.token:
        raise _no_token(call)
    call.record.token = ids.fingerprint(call.token)
    if "|" in call.token:
        _authenticate_app(call)
        return
    install = call.world.by_token.get(call.token)
    if install is None:
        raise _dead_token(call)
    call.calls_as(install)
    now, behaviour = call.world.clock.now(), call.world.behaviour
    if is_idle(install, now, behaviour.idle_days):
        text = "Error validating access token: The integration was deactivated for lack of use."
        raise invalid_token(text, behaviour.invalid_token_status)
    proof.check(install, call.params, now, behaviour.proof_tolerance_seconds)
    install.last_called_at = now


def is_idle(install: Install, now: float, idle_days: int) -> bool:
    """Tell whether a custom integration was deactivated: no call for 60 days and no webhooks."""
    if install.app.kind is not Kind.CUSTOM or not idle_days:
        return False
    is_listening = any(not one.disabled_at for one in install.app.subscriptions.values())
    return not is_listening and now - install.last_called_at > idle_days * DAY_SECONDS


def _no_token(call: Call) -> GraphError:
    if call.segments[:1] == ["me"]:
        return GraphError(
            2500, "An active access token must be used to query information about the current user."
        )
    return GraphError(104, "An access token is required to request this resource.")


def _authenticate_app(call: Call) -> None:
    app_id, _, secret = call.token.partition("|")
    app = call.world.apps.get(app_id)
    if app is None:
        raise GraphError(
            101,
            "Error validating application. Cannot get application info due to a system error.",
        )
    if not hmac.compare_digest(app.secret.encode(), secret.encode(errors="replace")):
        raise invalid_token("Invalid OAuth access token signature.", BAD_REQUEST)
    call.calls_as_app(app)


def _dead_token(call: Call) -> GraphError:
    status = call.world.behaviour.invalid_token_status
    match call.world.dead_tokens.get(call.token):
        case "uninstalled":
            text = "Error validating access token: The app is not installed for this community."
            return invalid_token(text, status, APP_REMOVED)
        case "reset":
            text = "Error validating access token: The token was reset by an administrator."
            return invalid_token(text, status)
    if not call.token.startswith("DQV"):
        return invalid_token("Invalid OAuth access token - Cannot parse access token", status)
    return invalid_token("Error validating access token: The token is not valid.", status)
