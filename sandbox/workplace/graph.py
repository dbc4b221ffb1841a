"""The Graph API's one entrance: reads a call, has it answered, writes the answer."""

import re
from urllib.parse import unquote

from aiohttp import web

from sandbox.workplace import ids, parameters, replies, scim
from sandbox.workplace.call import Call, Platform
from sandbox.workplace.errors import GraphError
from sandbox.workplace.replies import Reply

VERSION = re.compile(r"v[0-9]{1,3}\.[0-9]{1,2}")
DEFAULT_VERSION = "v13.0"
SCHEMES = ("bearer", "oauth")

PLATFORM: web.AppKey[Platform] = web.AppKey("platform", Platform)


async def handle(request: web.Request) -> web.StreamResponse:
    """Answer any Graph API or SCIM call."""
    call = _open(request)
    try:
        body = await _body(request)
        query = request.rel_url.raw_query_string
        call.params = parameters.read(query, request.content_type, body)
    except GraphError as error:
        call.record.error_code = error.code
        reply = refused(call, error)
    else:
        reply = await call.platform.pipeline.answer(call)
    call.record.answered(reply.status)
    reply.headers["facebook-api-version"] = call.version or DEFAULT_VERSION
    reply.headers["x-fb-trace-id"] = ids.fbtrace_id()
    reply.headers["x-fb-request-id"] = ids.fbtrace_id()
    return await replies.transmit(request, reply)


def refused(call: Call, error: GraphError) -> Reply:
    """Return a refusal in the envelope of the API that was called."""
    return scim.refused(error) if call.segments[:1] == ["scim"] else Reply.refused(error)


def _open(request: web.Request) -> Call:
    platform = request.app[PLATFORM]
    version, segments = _split(request.rel_url.raw_path)
    now = platform.world.clock.now()
    record = platform.calls.open(request.method, "/".join(segments), now)
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    bearer = token.strip() if scheme.lower() in SCHEMES else ""
    return Call(platform, record, request.method, segments, {}, bearer, version)


async def _body(request: web.Request) -> bytes:
    try:
        return await request.read()
    except web.HTTPRequestEntityTooLarge:
        raise GraphError(1, "Please reduce the amount of data you're asking for") from None


def _split(raw_path: str) -> tuple[str, list[str]]:
    segments = [unquote(part) for part in raw_path.split("/") if part]
    if segments and VERSION.fullmatch(segments[0]):
        return segments[0], segments[1:]
    return "", segments
