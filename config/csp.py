"""Content security policy: our pages load, and their forms lead to, nothing that is not ours."""

from typing import Any

from csp.constants import NONE, SELF


def content_policy() -> dict[str, Any]:
    """Return the Content-Security-Policy of every page, in django-csp's form."""
    return {
        "DIRECTIVES": {
            "default-src": [NONE],
            "script-src": [SELF],
            "style-src": [SELF],
            "img-src": [SELF],
            "font-src": [SELF],
            "connect-src": [SELF],
            "form-action": [SELF],
            "base-uri": [NONE],
            "frame-ancestors": [NONE],
        },
    }
