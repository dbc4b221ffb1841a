"""The control API's launch tokens: right ones, and every kind of forged one."""

from typing import Any

from aiohttp import web

from sandbox.control import ControlError, read_object
from sandbox.ovice.control import PREFIX
from sandbox.ovice.launch import ALGORITHMS, LaunchKey, assemble, new_key
from sandbox.ovice.launching import LAUNCH_KEYS, PURPOSES, launch_claims
from sandbox.ovice.lookup import organization_of, person_of, space_of
from sandbox.ovice.reading import FILLED, OBJECT, TEXTS, checked, one_of
from sandbox.ovice.world import OVICE
from sandbox.state import STATE

KEYS = ("own", "stranger", "public")
TOKEN = {
    "organization": FILLED,
    "person": FILLED,
    "space": FILLED,
    "purpose": one_of(PURPOSES),
    "claims": OBJECT,
    "without": TEXTS,
    "alg": one_of(ALGORITHMS),
    "kid": FILLED,
    "header": OBJECT,
    "key": one_of(KEYS),
}


async def launch_token(request: web.Request) -> web.Response:
    """Answer `POST …/launch-token` with `{"organization", "person", …}` and a token.

    `claims` replace claims, `without` leaves some out, `kid` and `header` replace header fields,
    `alg` signs by RS256, EdDSA, HS256 (with the launch secret) or none. `key` is `own`,
    `stranger` (not in the key set, under the own key's id) or `public` (HS256 keyed with the RSA
    public key, the classic confusion).
    """
    values = checked(await read_object(request), TOKEN, required=["organization", "person"])
    claims = _claims(request, values)
    own = request.app[LAUNCH_KEYS].current()
    key = new_key() if values.get("key") == "stranger" else own
    algorithm = values.get("alg", "RS256")
    header = {"alg": algorithm, "kid": own.kid(algorithm), "typ": "JWT"}
    if "kid" in values:
        header["kid"] = values["kid"]
    shared = _shared_key(own, values.get("key", "own"), request.app[OVICE].settings.launch_secret)
    token = assemble(key, algorithm, header | values.get("header", {}), claims, shared)
    url = f"{request.app[STATE].relay_url}/launch"
    return web.json_response({"token": token, "claims": claims, "url": url}, status=201)


def _claims(request: web.Request, values: dict[str, Any]) -> dict[str, Any]:
    ovice = request.app[OVICE]
    organization = organization_of(ovice, values["organization"])
    claims = launch_claims(
        organization,
        person_of(organization, values["person"]),
        purpose=values.get("purpose", "link"),
        space=space_of(organization, values["space"]) if "space" in values else None,
        settings=ovice.settings,
        audience=request.app[STATE].relay_url,
    )
    left_out = values.get("without", [])
    if unknown := set(left_out) - claims.keys():
        raise ControlError(f"There is no claim {min(unknown)!r} to leave out.")
    kept = {name: value for name, value in claims.items() if name not in left_out}
    return kept | dict(values.get("claims", {}))


def _shared_key(own: LaunchKey, which: str, secret: str) -> bytes:
    return own.public_pem() if which == "public" else secret.encode()


async def rotate_keys(request: web.Request) -> web.Response:
    """Answer `POST …/launch-keys`: a new key signs, the one before stays published."""
    key = request.app[LAUNCH_KEYS].rotate()
    return web.json_response({"kids": [jwk["kid"] for jwk in key.public_jwks()]}, status=201)


def setup(app: web.Application) -> None:
    """Add the routes."""
    app.router.add_post(f"{PREFIX}/launch-token", launch_token)
    app.router.add_post(f"{PREFIX}/launch-keys", rotate_keys)
