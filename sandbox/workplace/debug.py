"""`GET /debug_token`: what a token is good for."""

from typing import Any

from sandbox.workplace.call import Call
from sandbox.workplace.errors import GraphError, bad_parameter
from sandbox.workplace.replies import Reply


async def token(call: Call) -> Reply:
    """Answer with app, validity and scopes of `input_token`; an app asks about its own only."""
    if call.app is None or call.has_install:
        raise GraphError(15, "(#15) This method must be called with an app access_token.")
    asked = call.params.get("input_token")
    if not isinstance(asked, str) or not asked:
        raise bad_parameter("The parameter input_token is required.")
    install = call.world.by_token.get(asked)
    data: dict[str, Any] = {"app_id": call.app.app_id, "is_valid": False, "scopes": []}
    if install is not None and install.app is call.app:
        data |= {
            "is_valid": True,
            "type": "PAGE",
            "application": call.app.name,
            "profile_id": install.page_id,
            "scopes": install.permissions,
            "issued_at": int(install.installed_at),
            "expires_at": 0,
        }
    return Reply.of({"data": data})
