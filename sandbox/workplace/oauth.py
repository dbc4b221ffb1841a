"""`/oauth/access_token`: the code of the install dialog for the community's token."""

import hmac
import re
import secrets

from sandbox.workplace.call import Call
from sandbox.workplace.errors import GraphError
from sandbox.workplace.records import App, Code, Install
from sandbox.workplace.replies import Reply
from sandbox.workplace.world import World

LIFETIME_SECONDS = 300
CODE = re.compile(r"AQ[A-Za-z0-9_-]{40,200}")
CODE_GRANT, APP_GRANT = "authorization_code", "client_credentials"
USED, EXPIRED, OTHER_REDIRECT = 36009, 36007, 36008


def issue(world: World, install: Install, redirect_uri: str) -> Code:
    """Return a new code for an install; it serves once, for 300 seconds, at one address."""
    text = "AQ" + secrets.token_urlsafe(60)
    code = Code(text, install, redirect_uri, world.clock.now())
    world.codes[text] = code
    return code


async def exchange(call: Call) -> Reply:
    """Answer `GET` or `POST /oauth/access_token`: `{"access_token", "token_type"}`.

    The app's own token is had with `grant_type=client_credentials`.
    """
    app, grant = _app(call), call.params.get("grant_type", CODE_GRANT)
    if grant == APP_GRANT:
        return Reply.of({"access_token": app.token, "token_type": "bearer"})
    if grant != CODE_GRANT:
        raise GraphError(100, f"(#100) param grant_type must be {CODE_GRANT} or {APP_GRANT}.")
    return _exchanged(call, app)


def _exchanged(call: Call, app: App) -> Reply:
    code = call.world.codes.get(_text(call, "code"))
    if code is None or code.install.app is not app:
        raise GraphError(100, _unusable(_text(call, "code")))
    now = call.world.clock.now()
    if code.redirect_uri != _text(call, "redirect_uri"):
        raise _refusal(
            OTHER_REDIRECT,
            "Error validating verification code. Please make sure your redirect_uri is identical "
            "to the one you used in the dialog request",
        )
    if code.used_at is not None:
        raise _refusal(USED, "This authorization code has been used.")
    if now - code.created_at > LIFETIME_SECONDS:
        raise _refusal(EXPIRED, "This authorization code has expired.")
    if code.install.uninstalled_at is not None:
        raise _refusal(EXPIRED, "This authorization code has expired.")
    code.used_at = now
    call.record.page_id, call.record.accepted = code.install.page_id, True
    return Reply.of({"access_token": code.install.token, "token_type": "bearer"})


def _app(call: Call) -> App:
    app = call.world.apps.get(_text(call, "client_id"))
    if app is None:
        raise GraphError(
            101,
            "Error validating application. Cannot get application info due to a system error.",
        )
    call.record.app_id = app.app_id
    given = _text(call, "client_secret").encode(errors="replace")
    if not hmac.compare_digest(app.secret.encode(), given):
        raise GraphError(1, "Error validating client secret.")
    return app


def _text(call: Call, name: str) -> str:
    value = call.params.get(name)
    return value if isinstance(value, str) else ""


def _unusable(code: str) -> str:
    if CODE.fullmatch(code):
        return "Invalid verification code."
    return "Invalid verification code format."


def _refusal(subcode: int, message: str) -> GraphError:
    return GraphError(100, message, subcode=subcode)
