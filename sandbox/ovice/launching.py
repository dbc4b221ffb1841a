"""Launch tokens: the claims of one press of a button, and the people who get one."""

import time
from typing import Any

from aiohttp import web

from sandbox.ovice.events import space_url
from sandbox.ovice.launch import LIFE_SECONDS, LaunchKeys, assemble, new_token_id
from sandbox.ovice.records import Organization, Person, Space
from sandbox.ovice.settings import OviceSettings

PURPOSES = ("link", "manage", "setup")


def launch_claims(
    organization: Organization,
    person: Person,
    *,
    purpose: str,
    space: Space | None,
    settings: OviceSettings,
    audience: str,
) -> dict[str, Any]:
    """Return the claims of a token that is issued now, by real time, for 120 seconds."""
    now = int(time.time())
    claims: dict[str, Any] = {
        "iss": settings.issuer,
        "aud": audience,
        "sub": person.person_id,
        "org": organization.organization_id,
        "org_name": organization.name,
        "role": person.role,
        "email": person.email,
        "email_verified": person.email_verified,
        "name": person.name,
        "locale": person.locale,
        "purpose": purpose,
        "return_to": f"{settings.return_url}/",
        "iat": now,
        "nbf": now,
        "exp": now + LIFE_SECONDS,
        "jti": new_token_id(),
    }
    if space is not None:
        url = space_url(space, settings.ovice_url)
        claims["space"] = {"id": space.space_id, "name": space.name, "url": url}
        claims["return_to"] = space_url(space, settings.return_url)
    return claims


def sign_launch(keys: LaunchKeys, claims: dict[str, Any]) -> str:
    """Return the token that a button sends."""
    key = keys.current()
    header = {"alg": "RS256", "kid": key.kid("RS256"), "typ": "JWT"}
    return assemble(key, "RS256", header, claims, b"")


def may_launch(person: Person, purpose: str) -> bool:
    """Tell whether ovice issues a token: never to visitors and guests, setup to owners only."""
    return person.is_organization_user and (purpose != "setup" or person.role == "owner")


LAUNCH_KEYS: web.AppKey[LaunchKeys] = web.AppKey("launch_keys", LaunchKeys)
