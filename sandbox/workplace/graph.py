"""The Graph API's one entrance: reads a call, has it answered, writes the answer."""

from typing import Any

from aiohttp import web

from sandbox.workplace import ids, parameters, paths, replies, scim
from sandbox.workplace.call import Call, Platform
from sandbox.workplace.errors import GraphError, bad_parameter
from sandbox.workplace.replies import Reply

DEFAULT_VERSION = "v13.0"
SCHEMES = ("bearer", "oauth")
MULTIPART = "multipart/form-data"

PLATFORM: web.AppKey[Platform] = web.AppKey("platform", Platform)


async def handle(request: web.Request) -> web.StreamResponse:
    """Answer any Graph API or SCIM call."""
    call = _open(request)
    try:
        call.params = await _parameters(request)
        call.method = parameters.take_method(call.method, call.params)
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
    version, segments = paths.split(request.rel_url.raw_path)
    now = platform.world.clock.now()
    record = platform.calls.open(request.method, "/".join(segments), now)
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    bearer = token.strip() if scheme.lower() in SCHEMES else ""
    return Call(platform, record, request.method, segments, {}, bearer, version)


async def _parameters(request: web.Request) -> dict[str, Any]:
    query = request.rel_url.raw_query_string
    try:
        if request.content_type == MULTIPART:
            return parameters.merge(query, await _fields(request))
        return parameters.read(query, request.content_type, await request.read())
    except web.HTTPRequestEntityTooLarge:
        raise GraphError(1, "Please reduce the amount of data you're asking for") from None


async def _fields(request: web.Request) -> list[tuple[str, Any]]:
    """Return the parts of a multipart body, as `curl -F` sends one."""
    try:
        # aiohttp reads no form of a GET, though the Graph API reads the body of any call.
        fields = (await request.clone(method="POST").post()).items()
    except (ValueError, LookupError, AssertionError):
        raise bad_parameter("The request body is not valid multipart/form-data.") from None
    return [(name, _field(value)) for name, value in fields]


def _field(value: Any) -> Any:
    return parameters.Upload(value.filename) if isinstance(value, web.FileField) else value
