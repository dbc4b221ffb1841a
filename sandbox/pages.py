"""Pages: templates, their security headers, static files and the index."""

import importlib.resources
from collections.abc import Awaitable, Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import jinja2
from aiohttp import web
from multidict import MultiDict, MultiDictProxy, MultiMapping

FOLDER = Path(str(importlib.resources.files("sandbox")))
Form = MultiMapping[str]
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

_templates = jinja2.Environment(
    loader=jinja2.FileSystemLoader(FOLDER / "templates"),
    autoescape=True,
    undefined=jinja2.StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def web_address(value: object) -> str:
    """Return a link's address if a browser may follow it; a bot could send `javascript:`."""
    text = str(value or "")
    return text if text.startswith(("http://", "https://")) else "about:blank"


def moment(value: object) -> str:
    """Return an RFC 3339 time in UTC as people read it, to the minute; anything else as it is."""
    text = str(value)
    try:
        read = datetime.fromisoformat(text)
    except ValueError:
        return text
    return f"{read.astimezone(UTC):%Y-%m-%d %H:%M} UTC" if read.tzinfo else text


_templates.filters["web_address"] = web_address
_templates.filters["moment"] = moment


def origin(url: str) -> str:
    """Return scheme, host and port of an address, as a content policy names it."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}" if parts.netloc else ""


def render(
    name: str,
    context: dict[str, Any] | None = None,
    *,
    status: int = 200,
    form_to: Iterable[str] = (),
) -> web.Response:
    """Fill a template and answer with it.

    `form_to` lists addresses outside the sandbox to which a form of this page may lead, also by
    a redirect: browsers check `form-action` on every hop.
    """
    text = _templates.get_template(name).render(**(context or {}))
    targets = " ".join(["'self'", *filter(None, map(origin, form_to))])
    policy = (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
        f"connect-src 'self'; base-uri 'none'; frame-ancestors 'none'; form-action {targets}"
    )
    headers = {
        "Content-Security-Policy": policy,
        "Referrer-Policy": "same-origin",
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "no-store",
    }
    return web.Response(text=text, content_type="text/html", status=status, headers=headers)


async def read_form(request: web.Request) -> Form:
    """Return a form's text fields; files are left out, and what is no text is refused."""
    try:
        values = await request.post()
    except (UnicodeDecodeError, LookupError):
        raise web.HTTPBadRequest(text="The form is not text in UTF-8.") from None
    pairs = [(name, value) for name, value in values.items() if isinstance(value, str)]
    return MultiDictProxy(MultiDict(pairs))


def see_other(location: str) -> web.HTTPSeeOther:
    """Return the answer to a form: go and look at `location`."""
    return web.HTTPSeeOther(location, headers={"Cache-Control": "no-store"})


@web.middleware
async def refuse_foreign_forms(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Let no other website's page post forms to a sandbox that runs on somebody's machine."""
    if request.method == "POST" and request.headers.get("Sec-Fetch-Site") == "cross-site":
        raise web.HTTPForbidden(text="This form was sent by another website.")
    return await handler(request)


async def index(request: web.Request) -> web.Response:
    """Answer `GET /`: where everything is."""
    del request
    return render("index.html")


def setup(app: web.Application) -> None:
    """Serve the index and the static files."""
    app.router.add_get("/", index)
    app.router.add_static("/static/", FOLDER / "static")
