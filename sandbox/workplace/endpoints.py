"""Which function answers which method and path."""

from collections.abc import Awaitable, Callable

from sandbox.workplace import (
    batch,
    debug,
    edges,
    nodes,
    oauth,
    profile,
    scim,
    send,
    subscriptions,
    threads,
)
from sandbox.workplace.call import Call
from sandbox.workplace.errors import unknown_path
from sandbox.workplace.replies import Reply

Endpoint = Callable[[Call], Awaitable[Reply]]

ENDPOINTS: dict[tuple[str, str], Endpoint] = {
    ("GET", ""): nodes.several,
    ("POST", ""): batch.run,
    ("GET", "oauth/access_token"): oauth.exchange,
    ("POST", "oauth/access_token"): oauth.exchange,
    ("GET", "debug_token"): debug.token,
    ("GET", "me"): nodes.me,
    ("POST", "me/messages"): send.message,
    ("GET", "me/threads"): edges.bot_threads,
    ("GET", "me/messenger_profile"): profile.show,
    ("POST", "me/messenger_profile"): profile.change,
    ("DELETE", "me/messenger_profile"): profile.remove,
    ("POST", "me/thread_settings"): profile.change_thread_settings,
    ("GET", "me/subscribed_apps"): subscriptions.show_page,
    ("POST", "me/subscribed_apps"): subscriptions.subscribe_page,
    ("DELETE", "me/subscribed_apps"): subscriptions.unsubscribe_page,
    ("GET", "app"): nodes.app,
    ("GET", "app/subscriptions"): subscriptions.show,
    ("POST", "app/subscriptions"): subscriptions.change,
    ("DELETE", "app/subscriptions"): subscriptions.remove,
    ("GET", "community"): nodes.community,
    ("GET", "community/members"): edges.members,
    ("GET", "community/former_members"): edges.former_members,
    ("GET", "community/organization_members"): edges.organization_members,
    ("GET", "thread"): nodes.node,
    ("GET", "thread/messages"): threads.messages,
    ("POST", "thread/threadname"): threads.rename,
    ("POST", "thread/participants"): threads.add_people,
    ("DELETE", "thread/participants"): threads.remove_people,
    ("GET", "node"): nodes.node,
    ("GET", "scim/Users"): scim.users,
    ("GET", "scim/Users/id"): scim.user,
    ("GET", "scim/ServiceProviderConfigs"): scim.configuration,
}
FIXED = frozenset({"me", "app", "community", "oauth", "debug_token"})
SCIM_VERSIONS = ("v1", "v2")
SCIM_ITEM_LENGTH = 2


def name(call: Call) -> str:
    """Return the endpoint's name: aliases and ids replaced, `1000…/messages` is `me/messages`."""
    if not call.segments:
        return ""
    head, *rest = call.segments
    if head == "scim":
        return _scim_name(rest)
    return "/".join([_head(call, head), *rest])


def handler(call: Call) -> Endpoint:
    """Return what answers a call, or refuse a path that leads nowhere."""
    found = ENDPOINTS.get((call.method, name(call)))
    if found is None:
        raise unknown_path(call.path)
    return found


def _scim_name(rest: list[str]) -> str:
    rest = rest[1:] if rest[:1] and rest[0] in SCIM_VERSIONS else rest
    if len(rest) == SCIM_ITEM_LENGTH:
        rest = [rest[0], "id"]
    return "/".join(["scim", *rest])


def _head(call: Call, head: str) -> str:
    if head == "company":
        return "community"
    if head in FIXED:
        return head
    if call.has_install and head in (call.install.page_id, call.install.community.community_id):
        return "me" if head == call.install.page_id else "community"
    if call.app is not None and head == call.app.app_id:
        return "app"
    return "thread" if head.startswith("t_") else "node"
