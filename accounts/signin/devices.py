"""Device cookies: browsers in which somebody has signed in before, known again for half a year.

An attacker who asks for codes in a person's name uses up their own tries, never those of such a
browser (OWASP, "Slow down online guessing attacks with device cookies"). The cookie opens nothing.
It holds a random name and keyed hashes of the addresses that were proved there; ours alone can make
one.
"""

from collections.abc import Sequence
from datetime import timedelta
from secrets import token_urlsafe

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse

from accounts.models import User
from accounts.models.addresses import address_hashes
from core.addresses import normalize_email

KNOWN_FOR = timedelta(days=180)
# Of one browser; the longest unused goes first.
MOST_ADDRESSES = 5
_SALT = "accounts.devices"


def device_of(request: HttpRequest) -> str:
    """Return the name of a browser in which somebody signed in before; empty for any other."""
    return _read(request)[0]


def known_browser(request: HttpRequest, email: str) -> str:
    """Return a name for this browser if ``email`` was proved in it before, else nothing.

    A session of its user is as good as the cookie.
    """
    user = request.user
    if isinstance(user, User) and normalize_email(user.email) == normalize_email(email):
        return f"user {user.pk}"
    device, proved = _read(request)
    return f"device {device}" if {*address_hashes(email)} & {*proved} else ""


def remember_browser(request: HttpRequest, response: HttpResponse, email: str) -> None:
    """Let this browser be known by its next request, and that ``email`` was proved in it."""
    device, proved = _read(request)
    others = [name for name in proved if name not in address_hashes(email)]
    kept = [*others, address_hashes(email)[0]][-MOST_ADDRESSES:]
    response.set_cookie(
        settings.DEVICE_COOKIE_NAME,
        signing.dumps([device or token_urlsafe(16), *kept], salt=_SALT),
        max_age=KNOWN_FOR,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )


def _read(request: HttpRequest) -> tuple[str, Sequence[str]]:
    """Return the browser's name and the hashes of its addresses; nothing of what is not ours."""
    cookie = request.COOKIES.get(settings.DEVICE_COOKIE_NAME, "")
    try:
        device, *proved = signing.loads(cookie, salt=_SALT, max_age=KNOWN_FOR)
    except (signing.BadSignature, TypeError, ValueError):
        return "", ()
    return str(device), [str(name) for name in proved]
