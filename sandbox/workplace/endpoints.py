"""Which function answers which method and path."""

from collections.abc import Awaitable, Callable

from sandbox.workplace import nodes, send
from sandbox.workplace.call import Call
from sandbox.workplace.errors import unknown_path
from sandbox.workplace.replies import Reply

Endpoint = Callable[[Call], Awaitable[Reply]]

ENDPOINTS: dict[tuple[str, str], Endpoint] = {
    ("GET", ""): nodes.several,
    ("GET", "me"): nodes.me,
    ("GET", "app"): nodes.app,
    ("GET", "community"): nodes.community,
    ("GET", "node"): nodes.node,
    ("POST", "me/messages"): send.message,
}
FIXED = frozenset({"me", "app", "community", "oauth", "debug_token", "scim"})


def name(call: Call) -> str:
    """Return the endpoint's name: aliases and ids replaced, `1000…/messages` is `me/messages`."""
    if not call.segments:
        return ""
    head, *rest = call.segments
    return "/".join([_head(call, head), *rest])


def handler(call: Call) -> Endpoint:
    """Return what answers a call, or refuse a path that leads nowhere."""
    found = ENDPOINTS.get((call.method, name(call)))
    if found is None:
        raise unknown_path(call.path)
    return found


def _head(call: Call, head: str) -> str:
    if head == "company":
        return "community"
    if head in FIXED:
        return head
    if call.has_install and head == call.install.page_id:
        return "me"
    if call.app is not None and head == call.app.app_id:
        return "app"
    if call.has_install and head == call.install.community.community_id:
        return "community"
    return "thread" if head.startswith("t_") else "node"
