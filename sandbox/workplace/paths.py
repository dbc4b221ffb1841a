"""Paths of the Graph API: the version in front, and the parts behind it."""

import re
from urllib.parse import unquote

VERSION = re.compile(r"v[0-9]{1,3}\.[0-9]{1,2}")


def split(raw_path: str) -> tuple[str, list[str]]:
    """Return the version, empty where there is none, and the decoded parts of the rest."""
    segments = [unquote(part) for part in raw_path.split("/") if part]
    if segments and VERSION.fullmatch(segments[0]):
        return segments[0], segments[1:]
    return "", segments
