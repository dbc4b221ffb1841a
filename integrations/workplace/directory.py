"""Finding members: by sign-in address, by id, and many addresses in one batch."""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from core.addresses import normalize_email, spellings
from integrations.targets.errors import PermissionMissing, Scope, TargetError
from integrations.targets.port import Account
from integrations.workplace.client import GraphClient
from integrations.workplace.errors import NotFound
from integrations.workplace.request import Call, Expected
from integrations.workplace.response import read_answer, text_of
from integrations.workplace.usage import Usage

# Fields that the token may not read are left out by the platform, not refused (Graph API, Member).
FIELDS = "id,name,email,locale,account_deactivate_time"
LONGEST_ADDRESS = 320
# Graph API, batch requests: each item still counts as one call.
BATCH_SIZE = 50
_ACCOUNT_ID = re.compile(r"[0-9]{1,32}")


def is_account_id(value: str) -> bool:
    """Tell whether ``value`` is a member's id: decimal digits only."""
    return _ACCOUNT_ID.fullmatch(value) is not None


def is_address(value: str) -> bool:
    """Tell whether ``value`` may stand in a path as an e-mail address, and name no other node."""
    local, _at, domain = value.rpartition("@")
    strange = any(c in "/?#" or c.isspace() or not c.isprintable() for c in value)
    return bool(local and domain) and not strange and len(value) <= LONGEST_ADDRESS


def find_member(client: GraphClient, email: str) -> Account | None:
    """Return the member who signs in with ``email``, or None; an odd address asks nobody.

    A domain outside of ASCII may be written in two ways there; both are asked for.
    """
    if not is_address(email):
        return None
    asked = (_ask_for(client, spelling) for spelling in spellings(email))
    return next((member for member in asked if member), None)


def _ask_for(client: GraphClient, email: str) -> Account | None:
    try:
        body = client.call(Call("find_member", "GET", (email,), {"fields": FIELDS})).body
    except NotFound:
        return None
    except PermissionMissing as error:
        # The one permission that a look-up needs.
        raise PermissionMissing(code="read_user_email", trace=error.trace) from None
    return _member_of_address(body, email)


def get_member(client: GraphClient, account_id: str) -> Account | None:
    """Return the member with this id, or None when the platform does not know or show it."""
    if not is_account_id(account_id):
        return None
    try:
        body = client.call(Call("get_member", "GET", (account_id,), {"fields": FIELDS})).body
    except NotFound:
        return None
    member = read_member(body)
    return member if member and member.account_id == account_id else None


def find_members(client: GraphClient, emails: Sequence[str]) -> dict[str, Account | None]:
    """Look many addresses up, up to 50 in one call, and return what was found out.

    An address whose item failed or timed out is left out: nothing is known about it. An error
    that concerns the whole installation is raised.
    """
    ways = {email: spellings(email) if is_address(email) else [] for email in emails}
    asked = list(dict.fromkeys(spelling for each in ways.values() for spelling in each))
    found: dict[str, Account | None] = {}
    for start in range(0, len(asked), BATCH_SIZE):
        found |= _find_batch(client, asked[start : start + BATCH_SIZE])
    return {
        email: next((found[way] for way in each if found.get(way)), None)
        for email, each in ways.items()
        if any(found.get(way) for way in each) or all(way in found for way in each)
    }


def read_member(body: Any) -> Account | None:
    """Read a member node; None when it has no id."""
    if not isinstance(body, Mapping) or not text_of(body.get("id")):
        return None
    return Account(
        account_id=text_of(body["id"]),
        name=text_of(body.get("name")),
        email=text_of(body.get("email")),
        locale=text_of(body.get("locale")),
        # Nothing follows from its absence: the field may only be out of this token's sight.
        active=False if body.get("account_deactivate_time") else None,
    )


def _member_of_address(body: Any, email: str) -> Account | None:
    """Read a member, unless the platform names another address than the one asked for.

    Where it names none, only letters are believed that no platform takes for others.
    """
    member = read_member(body)
    if member is None:
        return None
    is_theirs = normalize_email(member.email) == normalize_email(email)
    hidden = not member.email and normalize_email(email).isascii()
    return member if is_theirs or hidden else None


def _find_batch(client: GraphClient, emails: list[str]) -> dict[str, Account | None]:
    items = [
        {"method": "GET", "relative_url": f"{quote(email, safe='')}?fields={FIELDS}"}
        for email in emails
    ]
    payload = {"batch": json.dumps(items), "include_headers": False}
    answer = client.call(Call("find_members", "POST", (), payload=payload))
    results = answer.body if isinstance(answer.body, list) else []
    found = {}
    for email, result in zip(emails, results, strict=False):
        try:
            found[email] = _member_of_address(_read_item(result), email)
        except NotFound:
            found[email] = None
        except TargetError as error:
            if error.scope is Scope.INSTALLATION:
                raise
    return found


def _read_item(result: Any) -> Any:
    """Read one item of a batch's answer: a status and a body that is JSON in a string, or null."""
    item = result if isinstance(result, Mapping) else {}
    status = item.get("code")
    return read_answer(
        status if isinstance(status, int) else 504,
        text_of(item.get("body")),
        Usage(),
        Expected(),
    )
